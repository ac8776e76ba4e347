// Where answers come from: the server that gave this page.

export class Trouble extends Error {
  constructor(status, answer) {
    super((answer && answer.error) || "The server does not answer.");
    this.status = status;
    this.closest = (answer && answer.closest) || [];
  }
}

const GONE = { error: "modelkin explore has ended, or this machine slept. Start it again, and open the address that it prints." };

export function query(params) {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (Array.isArray(value)) for (const one of value) out.append(name, one);
    else if (value !== "" && value != null) out.set(name, value);
  }
  return out.toString();
}

// The key of this run comes behind # (browsers never send that) and stays in this tab.
export function takeToken() {
  const found = new URLSearchParams(location.hash.slice(1)).get("token");
  if (found) {
    sessionStorage.setItem("modelkin-token", found);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return sessionStorage.getItem("modelkin-token") || "";
}

export class ServerSource {
  constructor(token) {
    this.token = token;
    this.live = true;
  }

  async send(path, params, signal) {
    try {
      return await fetch(`/api/${path}?${query(params)}`, { headers: { "X-Modelkin-Token": this.token }, signal });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Trouble(0, GONE);
    }
  }

  async get(path, params, signal) {
    const answer = await this.send(path, params, signal);
    const data = await answer.json().catch(() => null);
    if (!answer.ok || data == null) throw new Trouble(answer.status, data);
    return data;
  }

  // Comes in lines: how many rows were read so far, then the answer.
  async lineage(params, onProgress, signal) {
    const answer = await this.send("lineage", params, signal);
    if (!answer.ok) throw new Trouble(answer.status, await answer.json().catch(() => null));
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read().catch((error) => {
        if (error.name === "AbortError") throw error;
        throw new Trouble(0, GONE);
      });
      if (value) text += value;
      let end = text.indexOf("\n");
      for (; end >= 0; end = text.indexOf("\n")) {
        const line = JSON.parse(text.slice(0, end));
        text = text.slice(end + 1);
        if (line.progress != null) onProgress(line.progress);
        else if (line.status === 200) return line.answer;
        else throw new Trouble(line.status, line.answer);
      }
      if (done) throw new Trouble(0, GONE);
    }
  }

  start = () => this.get("start", {});
  search = (q, signal) => this.get("search", { q, limit: 12 }, signal);
  children = (params) => this.get("children", params);
  card = (id, signal) => this.get("card", { id }, signal);
  similar = (id) => this.get("similar", { id, limit: 10 });
  compare = (a, b) => this.get("compare", { a, b });
  path = (a, b, relation) => this.get("path", { a, b, relation });

  async file(params) {
    const answer = await this.send("export", params);
    if (!answer.ok) throw new Trouble(answer.status, await answer.json().catch(() => null));
    return answer.blob();
  }
}
