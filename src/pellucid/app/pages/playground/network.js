// The network: a box for each unit with its own map and bias, a line for each weight, and buttons for layers and units.
const SVG = "http://www.w3.org/2000/svg", SMALL = 24;
let links = [], overLink = null;
const moved = new ResizeObserver(() => layLinks()); // boxes and columns: where they move, lines follow

function element(tag, attributes, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...inside);
  return made;
}

function buildNetwork() {
  const net = at("net"), last = still.widths.length - 1, most = Math.max(still.features.length, ...still.widths);
  net.replaceChildren();
  net.style.setProperty("--unit", `${most <= 5 ? 58 : most <= 6 ? 50 : 42}px`);
  net.classList.toggle("many", last > 4);
  const lines = document.createElementNS(SVG, "svg");
  lines.id = "links";
  lines.setAttribute("aria-hidden", "true"); // weights are reached through the units they lead to
  net.append(lines);
  net.append(column("features", -1, still.features.length));
  still.widths.slice(0, -1).forEach((width, layer) => net.append(column(`layer ${layer + 1}`, layer, width)));
  net.append(column("output", last, 1));
  at("layer-count").textContent = last;
  at("add-layer").disabled = last >= MOST_LAYERS;
  at("remove-layer").disabled = last === 0;
  buildLinks();
  moved.disconnect();
  [net, ...net.querySelectorAll(".column")].forEach((one) => moved.observe(one));
}

function column(title, layer, width) {
  const head = element("div", { class: "head" }, element("span", {}, title));
  if (layer >= 0 && layer < still.widths.length - 1) head.append(unitButtons(layer, width));
  const holder = element("div", { class: "column" }, head);
  for (let unit = 0; unit < width; unit++) holder.append(unitBox(layer, unit));
  return holder;
}

function unitButtons(layer, width) {
  const both = element("span", { class: "more", "data-control": "layers" });
  for (const [sign, name, said, way] of [["-", "remove", "less", -1], ["+", "add", "more", 1]]) {
    const button = element("button", { type: "button", class: "small", "data-name": `${name}-unit-${layer + 1}`, "aria-label": `One unit ${said} in layer ${layer + 1}` }, sign);
    button.disabled = width + way < 1 || width + way > MOST_UNITS;
    button.onclick = () => emitEvent("build", still.widths.slice(0, -1).map((units, i) => units + (i === layer ? way : 0)));
    both.append(button);
  }
  return both;
}

function unitBox(layer, unit) {
  const name = unitName(layer, unit), id = `unit-${layer}-${unit}`;
  const button = element("button", { type: "button", class: layer === still.widths.length - 1 ? "unit last" : "unit", id, "data-name": id, "aria-label": `${name}: show its arithmetic` });
  button.append(element("canvas", { width: SMALL, height: SMALL }), element("span", { class: "name" }, name));
  if (layer >= 0) button.append(element("span", { class: "bias", title: "bias" }));
  const over = (what) => () => { hovered = what; drawOutput(); };
  button.onmouseenter = over([layer, unit]);
  button.onfocus = () => { if (button.matches(":focus-visible")) over([layer, unit])(); }; // by keys, not by a click
  button.onmouseleave = button.onblur = over(null);
  button.onclick = () => choose({ about: "unit", layer, unit });
  return button;
}

function buildLinks() { // two paths a weight: one is seen, the other, wider, is clicked
  const lines = at("links");
  links = [];
  still.widths.forEach((width, layer) => {
    for (let unit = 0; unit < width; unit++) {
      const before = layer ? still.widths[layer - 1] : still.features.length;
      for (let feature = 0; feature < before; feature++) {
        const [line, hit] = ["line", "hit"].map((name) => { const path = document.createElementNS(SVG, "path"); path.setAttribute("class", name); return path; });
        hit.dataset.at = links.length;
        links.push({ layer, unit, feature, line, hit });
      }
    }
  });
  lines.append(...links.map((one) => one.line), ...links.map((one) => one.hit));
  requestAnimationFrame(layLinks);
}

function layLinks() { // where lines run, whenever the boxes have moved
  if (!still || !at("links")) return;
  const net = at("net").getBoundingClientRect(), boxes = {};
  at("net").querySelectorAll(".unit canvas").forEach((one) => { boxes[one.parentElement.id] = one.getBoundingClientRect(); });
  at("links").setAttribute("viewBox", `0 0 ${net.width} ${net.height}`);
  for (const { layer, unit, feature, line, hit } of links) {
    const from = boxes[`unit-${layer - 1}-${feature}`], to = boxes[`unit-${layer}-${unit}`];
    const x1 = from.right - net.left, y1 = from.top + from.height / 2 - net.top, x2 = to.left - net.left, y2 = to.top + to.height / 2 - net.top;
    const middle = (x1 + x2) / 2, path = `M${x1.toFixed(1)},${y1.toFixed(1)}C${middle.toFixed(1)},${y1.toFixed(1)} ${middle.toFixed(1)},${y2.toFixed(1)} ${x2.toFixed(1)},${y2.toFixed(1)}`;
    line.setAttribute("d", path);
    hit.setAttribute("d", path);
  }
}

const weightOf = ({ layer, unit, feature }) => frame.weights[layer][unit][feature];

function drawLinks() {
  const largest = Math.max(1e-9, ...links.map((one) => Math.abs(weightOf(one))));
  for (const one of links) {
    const weight = weightOf(one);
    one.line.setAttribute("stroke", rgb(weight > 0 ? PLUS : MINUS));
    one.line.setAttribute("stroke-width", Math.max(0.5, 8 * Math.abs(weight) / largest).toFixed(2));
    one.line.setAttribute("stroke-dasharray", weight > 0 ? "none" : "7 3");
  }
  if (overLink) sayLink();
}

function sayLink() {
  const { layer, unit, feature } = overLink;
  at("said").textContent = `${unitName(layer - 1, feature)} to ${unitName(layer, unit)}: weight ${weightOf(overLink).toFixed(4)}; click to change it`;
}

function drawUnits() {
  frame.maps.forEach((units, layer) => units.forEach((bytes, unit) => paint(at(`unit-${layer - 1}-${unit}`).querySelector("canvas"), levelsOf(bytes), SMALL, 4)));
  paint(at(`unit-${still.widths.length - 1}-0`).querySelector("canvas"), levelsOf(frame.output), LARGE, 12);
  frame.biases.forEach((row, layer) => row.forEach((bias, unit) => {
    const shown = at(`unit-${layer}-${unit}`).querySelector(".bias");
    shown.textContent = `${bias < 0 ? "−" : "+"}${Math.abs(bias).toFixed(2)}`;
    shown.classList.toggle("negative", bias < 0);
  }));
}

function readyNetwork() {
  const net = at("net"), hidden = () => still.widths.slice(0, -1);
  at("add-layer").onclick = () => emitEvent("build", [...hidden(), 2]);
  at("remove-layer").onclick = () => emitEvent("build", hidden().slice(0, -1));
  const linkAt = (event) => (event.target.dataset && event.target.dataset.at ? links[event.target.dataset.at] : null);
  net.onclick = (event) => { const one = linkAt(event); if (one) choose({ about: "unit", layer: one.layer, unit: one.unit, feature: one.feature }); };
  net.onmousemove = (event) => {
    if (overLink) { overLink.line.classList.remove("over"); at("said").textContent = ""; }
    overLink = frame && linkAt(event);
    if (overLink) { overLink.line.classList.add("over"); sayLink(); }
  };
}
