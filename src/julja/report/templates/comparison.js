"use strict";
(() => {
  const form = document.querySelector(".filters");
  if (!form) return;
  const samples = [...document.querySelectorAll(".sample")];
  const count = form.querySelector("output");
  const apply = () => {
    const kind = form.elements.kind.value;
    const text = form.elements.text.value.trim().toLowerCase();
    let shown = 0;
    for (const sample of samples) {
      sample.hidden =
        (kind && sample.dataset.kind !== kind) ||
        (text && !sample.textContent.toLowerCase().includes(text));
      shown += sample.hidden ? 0 : 1;
    }
    count.textContent = `${shown} of ${samples.length}`;
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  apply();
})();
