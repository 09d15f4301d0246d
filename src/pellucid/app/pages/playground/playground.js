// What the server calls: `still` when an experiment begins, `frame` while it learns, `panel` for what was clicked; and the keyboard.
let still = null, frame = null, place = [0.4, 0.4], asked = null, hovered = null;
const at = (id) => document.getElementById(id);
const css = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();

function unitName(layer, unit) {
  if (layer < 0) return still.names[unit];
  return layer === still.widths.length - 1 ? "output" : `h${layer + 1}.${unit + 1}`;
}

function choose(told) { // ask for the arithmetic behind a value
  asked = told;
  emitEvent("choose", { ...told, place });
}

function follow() { // the cross has moved: what is open is opened there
  drawOutput();
  choose(asked && asked.about === "unit" ? asked : { about: "unit", layer: still.widths.length - 1, unit: 0 });
}

function draw() {
  drawUnits(); drawLinks(); drawOutput(); drawCurve(); drawHidden(); drawSlopes(); tell();
}

function spaceRuns(event) { // the space bar runs and pauses, where it means nothing else
  if (event.key !== " " || event.target.closest("input, button, select, textarea, a, summary, [tabindex], [role]")) return;
  event.preventDefault();
  emitEvent("toggle");
}

window.playground = {
  frames: 0,
  thinned,
  remember,
  still(told) {
    const focused = document.activeElement && document.activeElement.dataset.name;
    still = told; frame = null; hovered = null; asked = null;
    forget();
    buildNetwork();
    buildSlopes();
    emptyPanel();
    if (focused) { const again = document.querySelector(`[data-name="${focused}"]`); if (again) again.focus(); }
  },
  frame(told) {
    if (frame === null || told.losses[0] > frame.losses[0]) remember(curve, told.losses);
    frame = told;
    draw();
    window.playground.frames += 1;
    emitEvent("drawn");
  },
  panel: showPanel,
  show,
  hide(names) {
    at("hidden-parts").textContent = names.map((name) => `[data-control="${name}"]`).join(",") + (names.length ? "{display:none!important}" : "");
    layLinks();
  },
  ready() {
    const style = document.createElement("style");
    style.id = "hidden-parts";
    document.head.append(style);
    document.addEventListener("keydown", spaceRuns);
    document.querySelector(".skip").onclick = (event) => { event.preventDefault(); document.querySelector("#net .unit").focus(); };
    readyNetwork(); readyPictures(); readyCurve();
  },
};
