// Pictures beside the network: the output over the plane, points as the last hidden layer sees them, slopes of each layer.
const LARGE = 72, VIEW = 340;
let hiddenPlaces = [], follows = 0;

function mark(context, x, y, target, size) { // circles: class 1 or above 0; squares: class 0 or below: never colour alone
  const above = target > (still.is_class ? 0.5 : 0);
  context.beginPath();
  if (above) context.arc(x, y, size, 0, 2 * Math.PI); else context.rect(x - 0.9 * size, y - 0.9 * size, 1.8 * size, 1.8 * size);
  context.fillStyle = rgb(still.is_class ? (above ? PLUS : MINUS) : colour(128 + 127 * target));
  context.fill();
  context.stroke();
}

function points(context, list, ring) {
  context.lineWidth = ring ? 2.4 : 1.2;
  context.strokeStyle = ring ? "#000" : still.is_class ? "#fff" : "#5d6b7a"; // a height near 0 is white itself
  context.setLineDash([]);
  for (const [x1, x2, target] of list) mark(context, (x1 + 1) * VIEW / 2, (1 - x2) * VIEW / 2, target, 4);
}

function drawOutput() {
  if (!frame) return;
  const canvas = at("output"), context = canvas.getContext("2d"), small = document.createElement("canvas");
  const last = still.widths.length - 1, own = hovered && hovered[0] < last;
  at("output-title").textContent = own ? `What ${unitName(...hovered)} gives` : "Output";
  const levels = levelsOf(own ? frame.maps[hovered[0] + 1][hovered[1]] : frame.output), side = own ? SMALL : LARGE;
  const discrete = at("discrete").checked;
  paint(small, discrete ? levels.map((level) => (level > 128 ? 255 : 1)) : levels, side, 0);
  context.imageSmoothingEnabled = !discrete;
  context.drawImage(small, 0, 0, VIEW, VIEW);
  stripe(context, levels, side, VIEW);
  outlineZero(context, levels, side, VIEW);
  points(context, still.train, false);
  if (at("show-test").checked) points(context, still.test, true);
  const x = (place[0] + 1) * VIEW / 2, y = (1 - place[1]) * VIEW / 2;
  for (const [ink, wide] of [["#fff", 5], ["#000", 2]]) { // a cross that is seen on every colour
    context.strokeStyle = ink; context.lineWidth = wide;
    context.beginPath();
    context.moveTo(x - 9, y); context.lineTo(x + 9, y); context.moveTo(x, y - 9); context.lineTo(x, y + 9);
    context.stroke();
  }
}

function drawHidden() {
  const canvas = at("hidden"), context = canvas.getContext("2d"), side = canvas.width;
  context.clearRect(0, 0, side, side);
  at("hidden-none").hidden = !!frame.hidden;
  canvas.hidden = !frame.hidden;
  if (!frame.hidden) return;
  const flat = frame.hidden.map((row) => [row[0], row.length > 1 ? row[1] : 0]);
  const ends = [0, 1].map((axis) => flat.reduce(([low, high], one) => [Math.min(low, one[axis]), Math.max(high, one[axis])], [Infinity, -Infinity]));
  const span = Math.max(...ends.map(([low, high]) => high - low), 1e-9), middle = ends.map(([low, high]) => (low + high) / 2);
  hiddenPlaces = flat.map(([right, up]) => [side / 2 + (right - middle[0]) / span * 0.9 * side, side / 2 - (up - middle[1]) / span * 0.9 * side]);
  at("uncut").hidden = !frame.cut || drawCut(context, frame.cut, side, span, middle);
  context.lineWidth = 0.8; context.strokeStyle = still.is_class ? "#fff" : "#5d6b7a";
  hiddenPlaces.forEach(([x, y], i) => mark(context, x, y, still.train[i][2], 3.4));
  if (asked && asked.about === "point") {
    context.beginPath();
    context.arc(...hiddenPlaces[asked.number], 8, 0, 2 * Math.PI);
    context.lineWidth = 3; context.strokeStyle = css("--ink"); context.stroke();
  }
}

function drawCut(context, [right, up, constant], side, span, middle) { // where the output's sum is 0; false where that is outside
  const steep = Math.hypot(right, up), scale = 0.9 * side / span;
  if (steep === 0) return false;
  const far = -(right * middle[0] + up * middle[1] + constant) / steep * scale, x = side / 2 + far * right / steep, y = side / 2 - far * up / steep;
  if (Math.abs(far) > Math.SQRT1_2 * side) return false;
  context.beginPath();
  context.moveTo(x - 2 * side * up / steep, y - 2 * side * right / steep);
  context.lineTo(x + 2 * side * up / steep, y + 2 * side * right / steep);
  context.lineWidth = 2; context.setLineDash([]); context.strokeStyle = context.fillStyle = css("--ink"); context.stroke();
  context.font = "700 17px system-ui, sans-serif"; context.textAlign = "center"; context.textBaseline = "middle";
  context.fillText("+", x + 11 * right / steep + 0.42 * side * up / steep, y - 11 * up / steep + 0.42 * side * right / steep);
  return true;
}

function choosePoint(number) { // the cross goes to where the point lies, so that every unit can be asked about it
  follows = (number + still.train.length) % still.train.length;
  place = still.train[follows].slice(0, 2);
  choose({ about: "point", number: follows });
  drawOutput(); drawHidden();
}

function buildSlopes() {
  const last = still.widths.length - 1;
  at("slopes").replaceChildren(...still.widths.map((_, layer) => {
    const name = layer === last ? "output" : `layer ${layer + 1}`;
    const row = element("button", { type: "button", class: "slope", "data-name": `slopes-${layer}`, "aria-label": `Size of slopes, ${name}: show the arithmetic` });
    row.append(element("span", {}, name), element("i", {}), element("b", {}));
    row.onclick = () => choose({ about: "slopes", layer });
    return row;
  }));
}

function drawSlopes() {
  const most = Math.max(...frame.slopes, 1e-300);
  [...at("slopes").children].forEach((row, layer) => {
    const size = frame.slopes[layer];
    row.children[1].style.setProperty("--long", `${(100 * size / most).toFixed(1)}%`);
    row.children[2].textContent = size === 0 ? "0" : size < 0.001 ? size.toExponential(1) : size.toPrecision(2);
  });
}

const boxes = () => ({ test: at("show-test"), discrete: at("discrete") });

function show(names) {
  for (const [name, box] of Object.entries(boxes())) box.checked = names.includes(name);
  drawOutput();
}

function readyPictures() {
  const output = at("output"), hidden = at("hidden"), ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  const inside = (value) => Math.max(-1, Math.min(1, value));
  output.onclick = (event) => {
    const box = output.getBoundingClientRect();
    place = [(event.clientX - box.left) / box.width * 2 - 1, 1 - (event.clientY - box.top) / box.height * 2].map(inside);
    follow();
  };
  output.onkeydown = (event) => {
    if (event.key in ways) place = place.map((value, axis) => inside(Math.round(20 * value + ways[event.key][axis]) / 20));
    else if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    follow();
  };
  hidden.onclick = (event) => {
    const box = hidden.getBoundingClientRect(), x = (event.clientX - box.left) * hidden.width / box.width, y = (event.clientY - box.top) * hidden.height / box.height;
    const away = hiddenPlaces.map(([px, py]) => (px - x) ** 2 + (py - y) ** 2);
    choosePoint(away.indexOf(Math.min(...away)));
  };
  hidden.onkeydown = (event) => {
    const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, Enter: 0, " ": 0 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    choosePoint(follows + step);
  };
  for (const box of Object.values(boxes())) box.onchange = () => { drawOutput(); emitEvent("show", Object.keys(boxes()).filter((name) => boxes()[name].checked)); };
}
