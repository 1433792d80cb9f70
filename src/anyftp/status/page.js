// Asks the server once a second and shows what it says. Clients choose the names of users and files:
// they become text of nodes, and nothing here ever makes markup of a string.

const SAMPLES = 60;
const PERIOD = 1000;
const SVG = "http://www.w3.org/2000/svg";
const byId = (id) => document.getElementById(id);

// The token

let token = location.hash.slice(1);
if (token) {
  sessionStorage.setItem("token", token);
  history.replaceState(null, "", location.pathname);
} else {
  token = sessionStorage.getItem("token") ?? "";
}

async function ask(path, body) {
  const options = { headers: { Authorization: `Bearer ${token}` }, cache: "no-store" };
  if (body !== undefined) {
    options.method = "POST";
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(path, options);
  if (answer.status === 401) throw new Denied("The server does not know this token.");
  if (!answer.ok) throw new Error((await answer.text()).trim() || answer.statusText);
  return answer.status === 204 ? null : answer.json();
}

class Denied extends Error {}

let latest = 0; // of all that was done here; what became of earlier things takes no word back

async function act(path, body) {
  latest += 1;
  const mine = latest;
  try {
    await ask(path, body);
    if (mine === latest) say("");
  } catch (error) {
    say(error.message);
  }
  await refresh();
}

function say(text) {
  latest += text ? 1 : 0;
  byId("notice").textContent = text;
}

// Figures as people read them

function bytes(n) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) { n /= 1024; unit += 1; }
  return `${unit && n < 100 ? n.toFixed(1) : Math.round(n)} ${units[unit]}`;
}

const rate = (n) => `${bytes(n)}/s`;

function duration(seconds) {
  const s = Math.round(seconds);
  if (s < 60) return `${s}\u00a0s`;
  if (s < 3600) return `${Math.floor(s / 60)}\u00a0min ${s % 60}\u00a0s`;
  if (s < 86400) return `${Math.floor(s / 3600)}\u00a0h ${Math.floor(s / 60) % 60}\u00a0min`;
  return `${Math.floor(s / 86400)}\u00a0d ${Math.floor(s / 3600) % 24}\u00a0h`;
}

// Rates over the last minute

class Rates {
  constructor() { this.rates = []; }

  add(nbytes, now) {
    if (this.last !== undefined && now > this.now) {
      this.rates.push(Math.max(0, (nbytes - this.last) * 1000 / (now - this.now)));
      if (this.rates.length > SAMPLES) this.rates.shift();
    }
    this.last = nbytes;
    this.now = now;
  }

  get latest() { return this.rates.at(-1) ?? 0; }
}

function plot(place, rates) {
  const svg = place.firstChild ?? place.appendChild(document.createElementNS(SVG, "svg"));
  if (!svg.firstChild) {
    svg.setAttribute("viewBox", `0 0 ${SAMPLES - 1} 20`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("role", "img");
    svg.append(document.createElementNS(SVG, "path"), document.createElementNS(SVG, "polyline"));
  }
  const top = Math.max(...rates.rates, 1);
  const start = SAMPLES - rates.rates.length;
  const points = rates.rates.map((each, n) => `${start + n},${(19 - 18 * each / top).toFixed(2)}`);
  const [area, line] = svg.children;
  line.setAttribute("points", points.join(" "));
  area.setAttribute("d", points.length ? `M${start},20 L${points.join(" ")} L${SAMPLES - 1},20 Z` : "");
  svg.setAttribute("aria-label", `at most ${rate(top)} in the last minute`);
}

// Tables whose rows stay where they are, so that nothing moves under the pointer

class Table {
  constructor(id, labels, make) {
    this.body = byId(id).tBodies[0];
    this.labels = labels;
    this.make = make;
    this.rows = new Map();
  }

  show(items, key, fill) {
    const left = new Set(this.rows.keys());
    let before = this.body.firstChild;
    for (const item of items) {
      const name = key(item);
      left.delete(name);
      const row = this.rows.get(name) ?? this.add(name, item);
      if (row.element === before) before = before.nextSibling;
      else this.body.insertBefore(row.element, before);
      fill(row, item);
    }
    for (const name of left) {
      this.rows.get(name).element.remove();
      this.rows.delete(name);
    }
  }

  add(name, item) {
    const element = document.createElement("tr");
    const cells = this.labels.map((label) => {
      const cell = element.insertCell();
      if (label) cell.dataset.label = label;
      return cell;
    });
    const row = { element, cells };
    this.make(row, item);
    this.rows.set(name, row);
    return row;
  }
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function button(cell, text, label, action) {
  const made = document.createElement("button");
  made.textContent = text;
  made.setAttribute("aria-label", label);
  made.addEventListener("click", action);
  cell.append(made);
}

// Limits: fields of KiB per second, empty for none

function field(label, changed) {
  const made = document.createElement("input");
  made.type = "number";
  made.min = "0.001";
  made.step = "any";
  made.placeholder = "no limit";
  made.setAttribute("aria-label", label);
  made.addEventListener("change", changed);
  return made;
}

function limitFields(row, up, down, whose, body) {
  const changed = () => {
    if (!row.up.checkValidity() || !row.down.checkValidity()) return say("A limit is a number above 0.");
    return act("limit", { ...body, read: amount(row.up), write: amount(row.down) });
  };
  row.up = field(`upload limit of ${whose}`, changed);
  row.down = field(`download limit of ${whose}`, changed);
  row.cells[up].append(row.up);
  row.cells[down].append(row.down);
}

const amount = (input) => (input.value === "" ? null : Number(input.value) * 1024);

function setLimits(row, limits) {
  set(row.up, limits.read === null ? "" : String(limits.read / 1024));
  set(row.down, limits.write === null ? "" : String(limits.write / 1024));
}

// What somebody is typing into is left alone.
function set(input, value) {
  if (input !== document.activeElement && input.value !== value) input.value = value;
}

// The parts of the page

const total = { down: new Rates(), up: new Rates() };

const sessions = new Table(
  "sessions",
  ["No.", "User", "From", "For", "Does", "Rate", "Upload limit, KiB/s", "Download limit, KiB/s", ""],
  (row, session) => {
    row.rates = new Rates();
    const speed = document.createElement("span");
    speed.className = "rate";
    const place = document.createElement("div");
    place.className = "plot";
    row.cells[1].className = "name";
    row.cells[4].className = "name wide";
    row.cells[5].className = "wide";
    row.cells[5].append(speed, place);
    const whose = `session ${session.number}`;
    limitFields(row, 6, 7, whose, { of: "session", session: session.number });
    button(row.cells[8], "Kick", `kick ${whose}`, () => act("kick", { session: session.number }));
  },
);

function showSession(row, session, now) {
  const { cells } = row;
  write(cells[0], String(session.number));
  write(cells[1], session.user ?? "not logged in");
  write(cells[2], session.tls ? `${session.host}, TLS` : session.host);
  write(cells[3], duration(session.seconds));
  const { transfer } = session;
  write(cells[4], transfer ? `${transfer.verb} ${transfer.path}` : `is in ${session.folder}`);
  const began = transfer && transfer.verb + transfer.path;
  if (began !== row.began || (transfer && transfer.nbytes < row.rates.last)) row.rates = new Rates();
  row.began = began;
  const [speed, place] = cells[5].children;
  place.hidden = !transfer;
  if (transfer) {
    row.rates.add(transfer.nbytes, now);
    write(speed, `${rate(row.rates.latest)}, ${bytes(transfer.nbytes)} so far`);
    plot(place, row.rates);
  } else {
    write(speed, "");
  }
  setLimits(row, session.limits);
}

const limits = new Table("limits", ["", "Upload, KiB/s", "Download, KiB/s"], (row, item) => {
  row.cells[0].className = "name wide";
  limitFields(row, 1, 2, item.label, item.body);
});

function showLimits(state) {
  const rows = [
    { label: "all sessions together", body: { of: "server" }, limits: state.limits.server },
    { label: "each session to come", body: { of: "each" }, limits: state.limits.each },
    ...state.users.map((user) => ({
      label: `user ${user.user}, in ${user.sessions} session${user.sessions === 1 ? "" : "s"}`,
      body: { of: "user", session: user.session },
      limits: user.limits,
    })),
  ];
  const key = (row) => JSON.stringify(row.body);
  limits.show(rows, key, (row, item) => {
    write(row.cells[0], item.label);
    setLimits(row, item.limits);
  });
  for (const name of COUNTS) set(byId(name), String(state.limits[name]));
}

const COUNTS = ["max_connections", "max_connections_per_address"];
for (const name of COUNTS) {
  byId(name).addEventListener("change", () => {
    if (!COUNTS.every((each) => byId(each).reportValidity() && byId(each).value)) return;
    act("connections", Object.fromEntries(COUNTS.map((each) => [each, Number(byId(each).value)])));
  });
}

const bans = new Table("bans", ["Address", "For yet", ""], (row, ban) => {
  button(row.cells[2], "Lift", `let ${ban.network} in again`, () => act("lift", { network: ban.network }));
});

const refusals = new Table("refusals", ["At", "From", "User", "Reason"], (row) => {
  row.cells[2].className = "name";
  row.cells[3].className = "name wide";
});

function show(state) {
  const now = performance.now();
  const { statistics } = state;
  write(byId("count-sessions"), String(statistics.sessions));
  write(byId("more-sessions"), `${statistics.connections} so far, ${statistics.connections_refused} refused`);
  write(byId("count-transfers"), String(statistics.transfers));
  const failed = statistics.uploads_failed + statistics.downloads_failed;
  write(byId("more-transfers"), `${statistics.uploads} up, ${statistics.downloads} down, ${failed} failed`);
  total.down.add(statistics.nbytes_sent, now);
  total.up.add(statistics.nbytes_received, now);
  for (const way of ["down", "up"]) {
    write(byId(`rate-${way}`), rate(total[way].latest));
    plot(byId(`plot-${way}`), total[way]);
  }
  const inOrder = [...state.sessions].sort((a, b) => a.number - b.number);
  sessions.show(inOrder, (each) => each.number, (row, each) => showSession(row, each, now));
  byId("no-sessions").hidden = state.sessions.length > 0;
  byId("sessions-left-out").hidden = !state.sessions_left_out;
  write(byId("sessions-left-out"), `and ${state.sessions_left_out} more`);
  showLimits(state);
  bans.show(state.bans, (each) => each.network, (row, each) => {
    write(row.cells[0], each.network);
    write(row.cells[1], duration(each.seconds));
  });
  byId("no-bans").hidden = state.bans.length > 0;
  refusals.show(state.refusals, (each) => each.number, (row, each) => {
    write(row.cells[0], new Date(each.at).toLocaleString());
    write(row.cells[1], each.host);
    write(row.cells[2], each.user ?? "");
    write(row.cells[3], each.reason);
  });
  byId("no-refusals").hidden = state.refusals.length > 0;
}

// The round

let isLost = false;

async function refresh() {
  try {
    show(await ask("state"));
    byId("entrance").hidden = true;
    byId("view").hidden = false;
    if (isLost) say("");
    isLost = false;
  } catch (error) {
    const isDenied = error instanceof Denied;
    if (isDenied) {
      byId("entrance").hidden = false;
      byId("view").hidden = true;
    }
    isLost = true;
    say(isDenied && !token ? "" : isDenied ? error.message : `No answer: ${error.message}`);
  }
}

byId("entrance").addEventListener("submit", (event) => {
  event.preventDefault();
  token = byId("token").value.trim();
  sessionStorage.setItem("token", token);
  byId("token").value = "";
  refresh();
});

async function round() {
  if (document.visibilityState === "visible" && (token || byId("entrance").hidden)) await refresh();
  setTimeout(round, PERIOD);
}

round();
