"use strict";
(() => {
  const form = document.querySelector(".filters");
  const table = document.querySelector(".board");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const collator = new Intl.Collator(undefined, { numeric: true });

  const sortBy = (index, down) => {
    const number = heads[index].dataset.kind === "number";
    const key = (row) => row.cells[index].dataset.value;
    rows.sort((one, other) => {
      const [a, b] = [key(one), key(other)];
      if (a === "" || b === "") return (a === "") - (b === "");
      const order = number ? Number(a) - Number(b) : collator.compare(a, b);
      return down ? -order : order;
    });
    body.append(...rows);
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[index].setAttribute("aria-sort", down ? "descending" : "ascending");
  };

  heads.forEach((head, index) => {
    const place = head.querySelector(".sort");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = place.textContent;
    place.replaceChildren(button);
    button.addEventListener("click", () => {
      const now = head.getAttribute("aria-sort");
      // Scores are looked at from the best, names and ranks from the first.
      const first = head.dataset.kind === "number" && index > 0;
      sortBy(index, now ? now === "ascending" : first);
    });
  });

  const letters = (text) => {
    const [low, high] = text.split("-");
    return high ? [low, high] : null;
  };
  const share = (one, other) => {
    const [a, b] = [letters(one), letters(other)];
    if (!a && !b) return [...one].some((letter) => other.includes(letter));
    const [p, q] = [a || [one, one], b || [other, other]];
    const at = (name) => name.length * 100 + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".indexOf(name[0]);
    return at(p[0]) <= at(q[1]) && at(q[0]) <= at(p[1]);
  };

  const output = form.querySelector("output");
  const apply = () => {
    const field = (name) => form.elements[name];
    const text = field("model").value.trim().toLowerCase();
    const group = field("letters") ? field("letters").value : "";
    let shown = 0;
    for (const row of rows) {
      row.hidden =
        (text && !row.dataset.model.includes(text)) ||
        (group && !(row.dataset.letters !== "–" && share(group, row.dataset.letters))) ||
        (field("on") && field("on").checked && row.dataset.on !== "1") ||
        (field("compared").checked && row.dataset.compared !== "1");
      shown += row.hidden ? 0 : 1;
    }
    output.textContent = `${shown} of ${rows.length}`;
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  apply();
})();
