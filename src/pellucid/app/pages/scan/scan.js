// Three planes of one scan around a cross: at = [slice, row, column] on the working grid.
(() => {
  const planes = { axial: [0, 1, 2], coronal: [1, 0, 2], sagittal: [2, 0, 1] }; // own axis, axis down, axis across
  const OPEN = 9; // pixels around the middle of the cross that its lines leave free: what lies there is to be seen
  const state = { at: null, sizes: null, window: "lung", stage: "scan", listed: false };
  const upright = (plane) => plane === "axial"; // in the others the head is above: slices run upwards
  const $ = (id) => document.getElementById(id);

  function figure(plane) {
    const box = document.querySelector(`figure[data-plane="${plane}"]`);
    return { box, image: box.querySelector("img"), svg: box.querySelector("svg"), slider: box.querySelector("input") };
  }

  function show(plane) {
    const [own] = planes[plane], { image, slider } = figure(plane);
    const wanted = `/scan/picture/${plane}/${state.at[own]}?window=${state.window}&stage=${state.stage}`;
    if (image.dataset.wanted !== wanted) { image.dataset.wanted = wanted; image.src = wanted; }
    slider.value = state.at[own];
    cross(plane);
  }

  function cross(plane) {
    const [, down, across] = planes[plane], { image, svg } = figure(plane), lines = svg.querySelectorAll("line");
    const width = image.clientWidth, height = image.clientHeight;
    if (!width) return;
    svg.style.left = `${image.offsetLeft}px`; svg.style.top = `${image.offsetTop}px`;
    svg.setAttribute("width", width); svg.setAttribute("height", height);
    const x = (state.at[across] + 0.5) / state.sizes[across] * width;
    const share = (state.at[down] + 0.5) / state.sizes[down], y = (upright(plane) ? share : 1 - share) * height;
    const set = (line, values) => ["x1", "y1", "x2", "y2"].forEach((name, i) => line.setAttribute(name, values[i]));
    set(lines[0], [x, 0, x, Math.max(0, y - OPEN)]); set(lines[1], [x, y + OPEN, x, height]);
    set(lines[2], [0, y, Math.max(0, x - OPEN), y]); set(lines[3], [x + OPEN, y, width, y]);
    const tag = svg.querySelector("text"), right = x > width - 70; // beside the cross, and within the picture
    tag.setAttribute("x", right ? x - 8 : x + 8); tag.setAttribute("y", y < 24 ? y + 18 : y - 8);
    tag.setAttribute("text-anchor", right ? "end" : "start");
  }

  // What the scan says of the voxel under the cross: one question at a time, and the last one always.
  async function tell() {
    if (state.asking) return;
    state.asking = true;
    try {
      for (let asked = ""; asked !== state.at.join("/");) {
        asked = state.at.join("/");
        const answer = await fetch(`/scan/place/${asked}`);
        if (answer.ok) told(await answer.json());
      }
    } finally { state.asking = false; }
  }

  function told(place) {
    const [x, y, z] = place.xyz_mm.map((along) => along.toFixed(1)), hu = `${place.hu} HU`;
    const image = place.image === null ? "" : ` (image ${place.image})`;
    $("at-axial").textContent = `slice ${place.slice} of ${place.slices}${image}, z ${z} mm`;
    $("at-coronal").textContent = `y ${y} mm`;
    $("at-sagittal").textContent = `x ${x} mm`;
    $("cross").textContent = `Cross: ${hu} (this voxel of the working grid) at x, y, z ${x}, ${y}, ${z} mm`;
    document.querySelectorAll(".view text").forEach((tag) => { tag.textContent = hu; });
  }

  const clip = (value, axis) => Math.max(0, Math.min(state.sizes[axis] - 1, value));
  function go(at) { state.at = at.map(clip); Object.keys(planes).forEach(show); tell(); }

  function listen() {
    for (const plane of Object.keys(planes)) {
      const [own, down, across] = planes[plane], { box, image, slider } = figure(plane);
      slider.max = state.sizes[own] - 1;
      slider.oninput = () => { const at = [...state.at]; at[own] = Number(slider.value); go(at); };
      box.querySelector(".view").addEventListener("wheel", (event) => {
        event.preventDefault();
        const at = [...state.at]; at[own] += event.deltaY > 0 ? -1 : 1; go(at);
      }, { passive: false });
      image.onclick = (event) => {
        const at = [...state.at], share = event.offsetY / image.clientHeight;
        at[across] = Math.floor(event.offsetX / image.clientWidth * state.sizes[across]);
        at[down] = Math.floor((upright(plane) ? share : 1 - share) * state.sizes[down]);
        go(at);
      };
      image.onload = () => cross(plane);
      new ResizeObserver(() => cross(plane)).observe(box);
    }
    $("window").onchange = (event) => { state.window = event.target.value; go(state.at); };
    $("stages").onclick = (event) => {
      if (!event.target.dataset.stage) return;
      state.stage = event.target.dataset.stage;
      $("stages").querySelectorAll("button").forEach((one) => one.setAttribute("aria-pressed", one === event.target));
      go(state.at);
    };
  }

  function listed(holder, lumps) {
    holder.replaceChildren(...lumps.map((lump) => {
      const item = document.createElement("li"), button = document.createElement("button"), bold = document.createElement("b");
      bold.textContent = `${lump.diameter_mm} mm, p_nodule ${lump.p_nodule}`;
      const rest = lump.suspicious ? `, p_rated_suspicious ${lump.suspicious}` : "";
      button.append(bold, `${rest}; ${lump.side}, ${lump.where}; x, y, z ${lump.xyz_mm.join(", ")} mm`);
      button.dataset.number = lump.number;
      button.onclick = () => {
        document.querySelectorAll("#list button").forEach((one) => one.setAttribute("aria-current", one === button));
        $("why").textContent = `Why lump ${lump.number} was found: ${lump.why}`;
        go(lump.at);
      };
      item.append(button);
      return item;
    }));
  }

  async function look() {
    const facts = await (await fetch("/scan/facts")).json();
    if (facts.sizes && !state.sizes) {
      state.sizes = Object.values(facts.sizes);
      $("whole").hidden = false;
      $("counted").textContent = facts.counted;
      listen();
      go(state.sizes.map((size) => Math.floor(size / 2)));
    }
    const done = facts.findings !== undefined;
    $("problem").hidden = !facts.problem;
    $("problem").textContent = facts.problem;
    if (facts.problem) $("none").textContent = "The stages could not look through it.";
    $("at-work").textContent = facts.problem ? "" : done ? facts.name : `at work: ${facts.stage}`;
    $("stages").querySelectorAll("button").forEach((one) => { one.disabled = !done && one.dataset.stage !== "scan"; });
    if (done && !state.listed) {
      state.listed = true;
      $("none").textContent = facts.findings.length ? `p_nodule of ${facts.threshold.toFixed(2)} and more:` : "No lump reached the threshold.";
      listed($("findings"), facts.findings);
      listed($("rejected"), facts.rejected);
      $("means").textContent = facts.means.join(" ");
      $("told").textContent = facts.told.join(" ");
    }
    if (!done && !facts.problem) setTimeout(look, 500);
  }
  window.scan = { state, start: look };
})();
