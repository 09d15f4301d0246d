// The panel: the arithmetic behind what was clicked, written out; weights and biases can be changed in it.
let shownUnit = ""; // which unit's table stands there, so that only its numbers are renewed

const written = (value, tiny) => (typeof value !== "number" ? value : tiny && value !== 0 ? value.toExponential(2) : value.toFixed(4));
const factor = (value) => (value === 0 ? "0" : Math.abs(value) < 1e-4 ? value.toExponential(5) : value.toPrecision(6)); // six digits
const product4 = (value) => (Math.abs(value) < 10 ? value.toFixed(4) : String(Number(value.toPrecision(5)))); // what six digits of its factors settle

function emptyPanel() {
  shownUnit = "";
  at("panel").replaceChildren(element("p", {}, "Click a unit, a line, a loss, a slope, a point or the output: how its number comes about is worked out here, and weights can be changed."));
}

function showPanel(told) {
  if (told.rows) { shownUnit = ""; showTable(told); } else showUnit(told);
  if (told.fresh) at("opened").textContent = `Worked out: ${told.name || told.title}`;
}

function showTable(told) { // a calculation that is only read
  const tiny = told.rows.every((row) => row.every((value) => typeof value !== "number" || Math.abs(value) < 0.001));
  const line = (cells, kind) => element("tr", {}, ...cells.map((cell) => element(kind, {}, written(cell, tiny))));
  const table = element("table", { class: told.head.length > 7 ? "many" : "few" }, ...(told.head.length ? [line(told.head, "th")] : []), ...told.rows.map((row) => line(row, "td")));
  at("panel").replaceChildren(element("h3", {}, told.title), element("div", { class: "wide" }, table), ...told.lines.map((said) => element("p", {}, said)));
}

function buildUnit(told) {
  const field = (label, feature) => element("input", { type: "number", step: "0.1", "aria-label": label, "data-feature": feature });
  const row = (name, label, feature) => element("tr", {}, element("td", {}, name), element("td", {}), element("td", {}, feature === "" ? "" : "×"), element("td", {}, field(label, feature)), element("td", {}, "="), element("td", {}));
  const rows = told.terms.map((term, i) => row(term.name, `weight of ${term.name}`, i));
  const sum = element("tr", { class: "sum" }, element("td", {}, "sum"), element("td", { colspan: 4 }), element("td", {}));
  at("panel").replaceChildren(element("h3", {}), element("div", { class: "wide" }, element("table", {}, ...rows, row("bias", "bias", ""), sum)), element("p", { class: "bent" }),
    element("p", { class: "words" }, "It is worked out with all digits; factors are shown to six, so that a product's or the sum's last digit may differ by one."));
  at("panel").querySelectorAll("input").forEach((input) => {
    input.onchange = () => emitEvent("edit", { layer: asked.layer, unit: asked.unit, feature: input.dataset.feature === "" ? null : Number(input.dataset.feature), value: input.value });
  });
}

function showUnit(told) {
  const panel = at("panel"), which = `${told.name} ${told.terms.length}`;
  if (which !== shownUnit) { shownUnit = which; buildUnit(told); }
  panel.querySelector("h3").textContent = `${told.name} at x₁ = ${told.place[0].toFixed(2)}, x₂ = ${told.place[1].toFixed(2)}`;
  const rows = panel.querySelectorAll("tr"), last = told.terms.length;
  const put = (row, value, weight, product) => {
    const cells = row.children, input = row.querySelector("input");
    cells[1].textContent = value === null ? "" : factor(value);
    if (told.fresh || input !== document.activeElement) input.value = factor(weight); // someone types
    cells[5].textContent = product4(product);
  };
  told.terms.forEach((term, i) => put(rows[i], term.value, term.weight, term.product));
  put(rows[last], null, told.bias, told.bias);
  rows[last + 1].lastChild.textContent = product4(told.total);
  panel.querySelector(".bent").textContent = told.bent;
  if (told.feature !== null && told.feature !== undefined) {
    const input = panel.querySelector(`input[data-feature="${told.feature}"]`);
    if (input) { input.focus(); input.select(); }
  }
}
