"""The page's style, and the few lines of script that let a reader compare sounds from the same place."""

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #888; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 1180px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.4em; } h2 { font-size: 1.2em; margin-top: 2em; } h3 { font-size: 1em; margin: 0 0 .5em; }
code { font-size: .9em; overflow-wrap: anywhere; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .6em 0; width: 100%; }
caption { text-align: left; font-weight: 600; padding: .3em 0; }
th, td { text-align: right; padding: .25em .55em; border-bottom: 1px solid var(--line); white-space: nowrap; }
tbody th { text-align: left; font-weight: 500; } thead th { font-size: .85em; font-weight: 500; color: var(--soft); }
td small { display: block; color: var(--soft); font-size: .72em; }
audio { height: 2em; width: 260px; vertical-align: middle; }
img { max-width: 100%; background: #fff; border-radius: 4px; }
section { border-top: 2px solid var(--line); padding: 1em 0; }
.wide { overflow-x: auto; } .note { color: var(--soft); font-size: .9em; }
.open { background: #bfe3c4; color: #222; padding: 0 .3em; }
.unscored { background: #f6e2b3; color: #222; padding: 0 .3em; }
"""

SCRIPT = """
for (const section of document.querySelectorAll("section")) {
  let last = null;
  for (const player of section.querySelectorAll("audio")) {
    player.addEventListener("play", () => {
      for (const other of document.querySelectorAll("audio")) {
        if (other !== player) other.pause();
      }
      if (last && last !== player && !last.ended) player.currentTime = last.currentTime;
      last = player;
    });
  }
}
"""
