/* Sorts the table of patients by the head that is pressed; again, the other way round. */
"use strict";
(() => {
  const table = document.querySelector("table.patients"), body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const compare = new Intl.Collator("en", { numeric: true }).compare;
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const way = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    heads.forEach((other) => other.setAttribute("aria-sort", "none"));
    head.setAttribute("aria-sort", way === 1 ? "ascending" : "descending");
    const key = (row) => row.cells[column].dataset.sort;
    const rows = [...body.rows].sort((a, b) => {
      const x = key(a), y = key(b);
      if (x === "" || y === "") return Number(x === "") - Number(y === "");  /* blanks last */
      const numbers = !Number.isNaN(Number(x)) && !Number.isNaN(Number(y));
      return way * (numbers ? Number(x) - Number(y) : compare(x, y));
    });
    body.replaceChildren(...rows);
  }));
})();
