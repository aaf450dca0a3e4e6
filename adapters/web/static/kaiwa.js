// What a page can do more with a script: replies while they are written, cards over the page.
// Everything that it puts into the page as HTML was made, and escaped, by the server.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const find = (selector) => document.querySelector(selector);
  const log = find("#log"), state = find("#state"), stop = find("#stop");
  const texts = find("#texts")?.dataset ?? {};

  const tell = (text) => { if (state) state.textContent = text; };
  const element = (html) => {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    return holder.content;
  };
  const add = (html) => {
    find("#empty")?.remove();
    const content = element(html), last = content.lastElementChild;
    log.append(content);
    last?.scrollIntoView({ block: "nearest" });
    return last;
  };
  const writing = (on) => {
    stop?.classList.toggle("js-hidden", !on);
    log?.toggleAttribute("data-busy", on);
    log?.setAttribute("aria-busy", String(on));
    tell(on ? texts.writing : "");
  };
  const token = () => find("input[name=csrf]").value;
  const post = (path, fields, headers) => fetch(path, {
    method: "POST", body: new URLSearchParams({ csrf: token(), ...fields }), headers,
  });

  async function* events(response) {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) if (line) yield JSON.parse(line);
    }
  }

  const blank = () => {
    const article = document.createElement("article");
    article.className = "assistant";
    const text = document.createElement("div");
    text.className = "text lines";
    text.lang = "ja";
    article.append(text);
    find("#empty")?.remove();
    log.append(article);
    return article;
  };

  async function say(text, section) {
    if (text === "/regenerate") find("article[data-newest]")?.remove();
    let reply = null;
    writing(true);
    try {
      const response = await post("/say", { text, section }, { Accept: "application/x-ndjson" });
      if (response.status === 401) return location.assign("/");
      if (!response.ok) {
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        tell(page.querySelector("main .lines, main h1")?.textContent ?? texts.failed);
        return;
      }
      for await (const event of events(response)) {
        if (event.kind === "delta") {
          if (!reply) tell(texts.writing);
          reply ??= blank();
          reply.firstElementChild.textContent += event.text;
          reply.scrollIntoView({ block: "nearest" });
        } else if (event.kind === "restart") {
          reply?.remove();
          reply = null;
        } else if (event.kind === "queued") {
          tell(`${texts.waiting} ${event.place}`);
        } else if (event.kind === "thinking") {
          tell(texts.thinking);
        } else if (event.kind === "reply") {
          find("article[data-newest]")?.removeAttribute("data-newest");
          reply?.remove();
          reply = add(event.html);
        } else if (event.html) {
          add(event.html);
        }
      }
      tell("");
    } catch {
      tell(texts.failed);
    } finally {
      const said = state?.textContent;
      writing(false);
      if (said && said !== texts.writing) tell(said);
    }
  }

  const opened = find("#card");
  const show = async (response, sentence) => {
    if (response.status === 401) return location.assign("/");
    find("#card-text").replaceChildren(element(await response.text()));
    for (const field of opened.querySelectorAll("[name=sentence]")) field.value = sentence;
    if (!opened.open) opened.showModal();
  };
  let sentence = "";

  document.addEventListener("click", async (click) => {
    const word = click.target.closest("a.w");
    if (!word || !opened || click.ctrlKey || click.metaKey || click.shiftKey) return;
    click.preventDefault();
    const around = word.closest(".text")?.cloneNode(true);
    around?.querySelectorAll("rt, rp").forEach((each) => each.remove());
    sentence = around?.textContent.trim().slice(0, 300) ?? "";
    await show(await fetch(word.href, { headers: { "X-Part": "card" } }), sentence);
  });

  document.addEventListener("submit", async (submit) => {
    const form = submit.target;
    if (form.matches(".say") && log) {
      submit.preventDefault();
      const field = form.elements.text, before = form.elements.before?.value;
      const text = before ? `${before} ${field.value}` : field.value;
      if (!text.trim()) return;
      if (field.type !== "hidden") {
        field.value = "";
        field.focus();
      }
      const section = form.elements.section?.value ?? "chat";
      const answered = section === "review" && [...log.children];
      await say(text, section);
      if (answered && !answered.includes(log.lastElementChild)) {
        answered.forEach((each) => each.remove());  // one card at a time
        log.focus();
      }
    } else if (form.id === "stop") {
      submit.preventDefault();
      await post("/stop", {});
    } else if (form.matches(".save") && opened?.contains(form)) {
      submit.preventDefault();
      const { entry } = form.elements;
      await show(
        await post("/word/save", { entry: entry.value, sentence }, { "X-Part": "card" }), sentence);
      find("#card-text [role=status]")?.setAttribute("tabindex", "-1");
      find("#card-text [role=status]")?.focus();
    }
  });

  find("textarea#text")?.addEventListener("keydown", (key) => {
    if (key.key === "Enter" && !key.shiftKey && !key.isComposing && key.keyCode !== 229) {
      key.preventDefault();
      key.target.form.requestSubmit();
    }
  });

  const ruby = find("#ruby");
  ruby?.addEventListener("click", () => {
    const on = document.body.classList.toggle("r-off") === false;
    ruby.setAttribute("aria-pressed", String(on));
    const select = find("#readings");
    if (select && on && select.value === "off") select.value = "all";
    const value = on ? select.value : "off";
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `kaiwa_readings=${value}; path=/; max-age=31536000; samesite=lax${secure}`;
  });

  if (log) {
    const source = new EventSource(`/events?section=${document.body.dataset.section}`);
    source.addEventListener("message", (message) => {
      const event = JSON.parse(message.data);
      add(event.html);
      if (event.kind === "reply") writing(false);
    });
    log.lastElementChild?.scrollIntoView({ block: "nearest" });
    if (log.dataset.later) say(log.dataset.later, document.body.dataset.section);
  }
})();
