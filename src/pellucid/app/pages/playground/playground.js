// Draws what the server tells: `still` when an experiment begins, `frame` while it learns, `panel` for the chosen unit.
(() => {
  const SMALL = 24, LARGE = 72, HALF = 1, MAP = 40, VIEW = 300;
  const PLUS = [0, 114, 178], MINUS = [213, 94, 0]; // blue and orange: told apart by the colour-blind
  const SVG = "http://www.w3.org/2000/svg";
  let still = null, frame = null, curve = [], place = [0.4, 0.4], chosen = null, showTest = false, hovered = null;
  const at = (id) => document.getElementById(id);
  const css = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();

  function colour(level) { // 1..255, 128 is white
    const share = (level - 128) / 127, to = share > 0 ? PLUS : MINUS, k = Math.min(1, Math.abs(share));
    return to.map((part) => Math.round(255 + (part - 255) * k));
  }
  const TABLE = Array.from({ length: 256 }, (_, level) => colour(level));

  function paint(canvas, bytes, side) {
    const raw = atob(bytes), context = canvas.getContext("2d"), image = context.createImageData(side, side);
    for (let i = 0; i < raw.length; i++) {
      const [red, green, blue] = TABLE[raw.charCodeAt(i)];
      image.data.set([red, green, blue, 255], 4 * i);
    }
    if (canvas.width !== side) { canvas.width = side; canvas.height = side; }
    context.putImageData(image, 0, 0);
  }

  function unitName(layer, unit) {
    if (layer < 0) return still.names[unit];
    return layer === still.widths.length - 1 ? "output" : `h${layer + 1}.${unit + 1}`;
  }

  function build() { // the network's boxes; links are drawn over their middles
    const net = at("net");
    net.replaceChildren();
    const links = document.createElementNS(SVG, "svg");
    links.id = "links";
    links.setAttribute("aria-hidden", "true");
    net.append(links);
    const columns = [still.features.map((_, unit) => [-1, unit])];
    still.widths.slice(0, -1).forEach((width, layer) => columns.push(Array.from({ length: width }, (_, unit) => [layer, unit])));
    for (const column of columns) {
      const holder = document.createElement("div");
      holder.className = "column";
      for (const [layer, unit] of column) {
        const button = document.createElement("button");
        button.className = "unit";
        button.id = `unit-${layer}-${unit}`;
        button.setAttribute("aria-label", unitName(layer, unit));
        const canvas = document.createElement("canvas");
        canvas.width = canvas.height = SMALL;
        const label = document.createElement("span");
        label.textContent = layer < 0 ? still.names[unit] : unitName(layer, unit);
        button.append(canvas, label);
        button.onmouseenter = () => { hovered = [layer, unit]; drawOutput(); };
        button.onmouseleave = () => { hovered = null; drawOutput(); };
        button.onclick = () => choose(layer, unit);
        holder.append(button);
      }
      net.append(holder);
    }
    requestAnimationFrame(drawLinks);
  }

  function centre(id, side) {
    const box = at(id).querySelector("canvas").getBoundingClientRect(), net = at("net").getBoundingClientRect();
    return [(side < 0 ? box.left : box.right) - net.left, box.top + box.height / 2 - net.top];
  }

  function drawLinks() {
    if (!frame || !at("links")) return;
    const links = at("links"), net = at("net").getBoundingClientRect(), last = still.widths.length - 1;
    links.setAttribute("viewBox", `0 0 ${net.width} ${net.height}`);
    let largest = 1e-9;
    frame.weights.forEach((rows) => rows.forEach((row) => row.forEach((w) => { largest = Math.max(largest, Math.abs(w)); })));
    let paths = "";
    frame.weights.forEach((rows, layer) => rows.forEach((row, unit) => row.forEach((weight, feature) => {
      const [x1, y1] = centre(`unit-${layer - 1}-${feature}`, 1);
      const [x2, y2] = layer === last ? [net.width, net.height / 2] : centre(`unit-${layer}-${unit}`, -1);
      const middle = (x1 + x2) / 2, wide = Math.max(0.4, 8 * Math.abs(weight) / largest);
      const [red, green, blue] = weight > 0 ? PLUS : MINUS, dash = weight > 0 ? "" : ' stroke-dasharray="7 3"';
      paths += `<path d="M${x1.toFixed(1)},${y1.toFixed(1)}C${middle.toFixed(1)},${y1.toFixed(1)} ${middle.toFixed(1)},${y2.toFixed(1)} ${x2.toFixed(1)},${y2.toFixed(1)}" stroke="rgb(${red},${green},${blue})" stroke-width="${wide.toFixed(2)}"${dash} data-at="${layer},${unit},${feature}"><title>${unitName(layer - 1, feature)} to ${unitName(layer, unit)}: ${weight.toFixed(4)}</title></path>`;
    })));
    links.innerHTML = paths;
    links.onclick = (event) => {
      const told = event.target.dataset && event.target.dataset.at;
      if (told) { const [layer, unit, feature] = told.split(",").map(Number); choose(layer, unit, feature); }
    };
  }

  function points(context, side, list, ring) {
    const scale = side / (2 * HALF);
    for (const [x1, x2, target] of list) {
      const [red, green, blue] = colour(still.is_class ? (target > 0.5 ? 255 : 1) : 128 + 127 * target);
      context.beginPath();
      const x = (x1 + HALF) * scale, y = (HALF - x2) * scale;
      if (still.is_class && target <= 0.5) context.rect(x - 2.6, y - 2.6, 5.2, 5.2); // shape tells the class, too
      else context.arc(x, y, 3, 0, 2 * Math.PI);
      context.fillStyle = `rgb(${red},${green},${blue})`;
      context.fill();
      context.lineWidth = ring ? 1.6 : 0.8;
      context.strokeStyle = ring ? "#000" : "#fff";
      context.stroke();
    }
  }

  function drawOutput() {
    if (!frame) return;
    at("output-title").textContent = hovered ? `What ${unitName(...hovered)} gives` : "Output";
    const canvas = at("output"), small = document.createElement("canvas"), context = canvas.getContext("2d");
    if (hovered) paint(small, frame.maps[hovered[0] + 1][hovered[1]], SMALL); else paint(small, frame.output, LARGE);
    context.imageSmoothingEnabled = !at("discrete").checked;
    context.drawImage(small, 0, 0, VIEW, VIEW);
    if (at("discrete").checked) {
      const image = context.getImageData(0, 0, VIEW, VIEW), data = image.data;
      for (let i = 0; i < data.length; i += 4) data.set(data[i] < data[i + 2] ? PLUS : MINUS, i);
      context.putImageData(image, 0, 0);
    }
    points(context, VIEW, still.train, false);
    if (showTest) points(context, VIEW, still.test, true);
    const scale = VIEW / (2 * HALF), x = (place[0] + HALF) * scale, y = (HALF - place[1]) * scale;
    context.strokeStyle = "#000"; context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(x - 8, y); context.lineTo(x + 8, y); context.moveTo(x, y - 8); context.lineTo(x, y + 8);
    context.stroke();
  }

  function drawCurve() {
    const canvas = at("curve"), context = canvas.getContext("2d"), { width, height } = canvas;
    context.clearRect(0, 0, width, height);
    if (!curve.length) return;
    const last = Math.max(1, curve[curve.length - 1][0]), most = Math.max(...curve.map((one) => Math.max(one[1], one[2])), 1e-9);
    [[2, css("--muted") || "#777", [5, 3]], [1, css("--ink") || "#000", []]].forEach(([column, ink, dash]) => {
      context.beginPath();
      curve.forEach((one, i) => {
        const x = 4 + (width - 8) * one[0] / last, y = height - 4 - (height - 8) * one[column] / most;
        if (i) context.lineTo(x, y); else context.moveTo(x, y);
      });
      context.strokeStyle = ink; context.lineWidth = 1.6; context.setLineDash(dash); context.stroke();
    });
  }

  function drawHidden() {
    const canvas = at("hidden"), context = canvas.getContext("2d"), side = canvas.width;
    context.clearRect(0, 0, side, side);
    at("hidden-none").hidden = !!frame.hidden;
    if (!frame.hidden) return;
    const flat = frame.hidden.map((row) => [row[0], row.length > 1 ? row[1] : 0]);
    const ends = [0, 1].map((axis) => [Math.min(...flat.map((one) => one[axis])), Math.max(...flat.map((one) => one[axis]))]);
    const span = Math.max(...ends.map(([low, high]) => high - low), 1e-9);
    const middle = ends.map(([low, high]) => (low + high) / 2);
    const shown = flat.map((one, i) => [
      (one[0] - middle[0]) / span * 2 * HALF * 0.9, (one[1] - middle[1]) / span * 2 * HALF * 0.9, still.train[i][2],
    ]);
    points(context, side, shown, false);
  }

  function drawSlopes() {
    const most = Math.max(...frame.slopes, 1e-12);
    at("slopes").innerHTML = frame.slopes.map((size, layer) => {
      const name = layer === frame.slopes.length - 1 ? "output" : `layer ${layer + 1}`;
      return `<div><span>${name}</span><i style="width:${(100 * size / most).toFixed(1)}%"></i><b>${size.toExponential(1)}</b></div>`;
    }).join("");
  }

  function tell() {
    const [step, train, test, trainError, testError] = frame.losses;
    at("epoch").textContent = frame.epoch.toFixed(frame.epoch < 10 ? 1 : 0);
    at("step-number").textContent = step;
    const errors = (share) => (share === null || share === undefined ? "" : `, ${(100 * share).toFixed(1)}% wrong`);
    at("losses").innerHTML = `<span class="solid"></span> training ${train.toFixed(4)}${errors(trainError)}<br><span class="dashed"></span> test ${test.toFixed(4)}${errors(testError)}`;
  }

  function draw() {
    frame.maps.forEach((units, layer) => units.forEach((bytes, unit) => {
      const button = at(`unit-${layer - 1}-${unit}`);
      if (button) paint(button.querySelector("canvas"), bytes, SMALL);
    }));
    drawLinks(); drawOutput(); drawCurve(); drawHidden(); drawSlopes(); tell();
  }

  function choose(layer, unit, feature) {
    if (layer < 0) return;
    chosen = [layer, unit];
    emitEvent("choose", { layer, unit, place, feature: feature === undefined ? null : feature });
  }

  window.playground = {
    still(told) {
      still = told; curve = told.curve; chosen = null; hovered = null; frame = null;
      build();
    },
    frame(told) {
      if (frame === null || told.losses[0] > frame.losses[0]) curve.push(told.losses);
      frame = told;
      draw();
      window.playground.frames += 1;
      emitEvent("drawn");
    },
    panel(told) { // the arithmetic of the chosen unit; its numbers can be edited
      const panel = at("panel");
      if (document.activeElement && panel.contains(document.activeElement) && !told.fresh) return; // someone types
      const row = (term, i) => `<tr><td>${term.name}</td><td>${term.value.toFixed(4)}</td><td>x</td><td><input type="number" step="any" aria-label="weight of ${term.name}" data-feature="${i}" value="${term.weight.toFixed(4)}"></td><td>=</td><td>${term.product.toFixed(4)}</td></tr>`;
      panel.innerHTML = `<h3>${told.name} at x₁ = ${told.place[0].toFixed(2)}, x₂ = ${told.place[1].toFixed(2)}</h3><table>${told.terms.map(row).join("")}<tr><td>bias</td><td></td><td></td><td><input type="number" step="any" aria-label="bias" data-feature="" value="${told.bias.toFixed(4)}"></td><td></td><td>${told.bias.toFixed(4)}</td></tr><tr class="sum"><td>sum</td><td colspan="4"></td><td>${told.total.toFixed(4)}</td></tr></table><p class="bent">${told.bent}</p>`;
      panel.querySelectorAll("input").forEach((input) => {
        input.onchange = () => emitEvent("edit", {
          layer: chosen[0], unit: chosen[1], feature: input.dataset.feature === "" ? null : Number(input.dataset.feature), value: Number(input.value), place,
        });
      });
      if (told.feature !== null && told.feature !== undefined) {
        const input = panel.querySelector(`input[data-feature="${told.feature}"]`);
        if (input) { input.focus(); input.select(); }
      }
    },
    ready() {
      at("output").onclick = (event) => {
        const box = event.target.getBoundingClientRect();
        place = [(event.clientX - box.left) / box.width * 2 * HALF - HALF, HALF - (event.clientY - box.top) / box.height * 2 * HALF];
        drawOutput();
        const [layer, unit] = chosen || [still.widths.length - 1, 0];
        choose(layer, unit);
      };
      at("show-test").onchange = (event) => { showTest = event.target.checked; drawOutput(); };
      at("discrete").onchange = drawOutput;
      new ResizeObserver(drawLinks).observe(at("net"));
    },
    frames: 0,
  };
})();
