"use strict";
(() => {
  const form = document.querySelector(".filters");
  const samples = [...document.querySelectorAll(".sample")];
  const count = form.querySelector("output");
  const fits = (sample, kind, task, text) =>
    (!kind || (kind === "failed" ? sample.dataset.failed === "1" : sample.dataset.state === kind)) &&
    (!task || sample.dataset.task === task) &&
    (!text || sample.textContent.toLowerCase().includes(text));
  const apply = () => {
    const task = form.elements.task ? form.elements.task.value : "";
    const text = form.elements.text.value.trim().toLowerCase();
    let shown = 0;
    for (const sample of samples) {
      sample.hidden = !fits(sample, form.elements.kind.value, task, text);
      shown += sample.hidden ? 0 : 1;
    }
    count.textContent = `${shown} of ${samples.length}`;
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  apply();
})();
