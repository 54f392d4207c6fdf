#include "loop/gate/page_style.h"

namespace spotter::gate {

const std::string_view kPageStyle = R"css(
:root { color-scheme: light dark;
  --paper: #f6f7f9; --card: #fff; --ink: #171b22; --soft: #5b6472; --line: #dfe3e9; --band: #eef1f5;
  --pass: #13794a; --pass-bg: #e2f5ea; --fail: #b42318; --fail-bg: #fdeae8; --inconclusive: #8a5a00;
  --inconclusive-bg: #fdf1d8; --hold: #5b3fb8; --hold-bg: #eeeafb; --hit: #3ddc84; --alarm: #ffb020;
  --miss: #ff5a4e; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #0f1217; --card: #171b22; --ink: #e8ebf0; --soft: #98a2b1; --line: #2a313c; --band: #1e242d;
  --pass: #5fd39a; --pass-bg: #12301f; --fail: #ff8d82; --fail-bg: #3a1714; --inconclusive: #f0bd5c;
  --inconclusive-bg: #33270c; --hold: #b6a3ff; --hold-bg: #251d47; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 14px/1.5 system-ui, -apple-system, "Segoe UI",
  Roboto, "Noto Sans", sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 1320px; margin: 0 auto; padding: 24px 28px 40px; }
h1 { margin: 0; font-size: 24px; line-height: 1.25; letter-spacing: -.01em; text-wrap: balance; }
h2 { margin: 28px 0 10px; font-size: 16px; }
h2 small { color: var(--soft); font-weight: 400; font-size: 13px; margin-left: 8px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.top { display: grid; grid-template-columns: minmax(0, 1fr) minmax(300px, 380px); border-left: 6px solid var(--tone);
  overflow: hidden; }
.top > div { padding: 20px 22px; }
.next { background: var(--band); border-left: 1px solid var(--line); }
.next h3 { margin: 0 0 6px; font-size: 14px; }
.next p { margin: 0 0 8px; } .next code { display: inline-block; }
.word { display: inline-block; font-weight: 650; border-radius: 999px; padding: 1px 10px; white-space: nowrap;
  color: var(--tone); background: var(--tone-bg); }
.top .word { font-size: 13px; letter-spacing: .06em; text-transform: uppercase; margin-bottom: 8px; padding: 3px 12px; }
.pass { --tone: var(--pass); --tone-bg: var(--pass-bg); }
.fail { --tone: var(--fail); --tone-bg: var(--fail-bg); }
.inconclusive { --tone: var(--inconclusive); --tone-bg: var(--inconclusive-bg); }
.hold { --tone: var(--hold); --tone-bg: var(--hold-bg); }
ul.reasons { margin: 10px 0 0; padding-left: 18px; }
ul.reasons li { margin: 2px 0; }
code { font: 12.5px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  background: var(--card); border: 1px solid var(--line); border-radius: 5px; padding: 1px 6px; overflow-wrap: anywhere; }
dl.facts { display: flex; flex-wrap: wrap; gap: 4px 28px; margin: 14px 0 0; }
dl.facts div { min-width: 0; }
dt { color: var(--soft); font-size: 12px; }
dd { margin: 0; font-weight: 550; }
dd small { color: var(--soft); font-weight: 400; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 8px 10px; border-top: 1px solid var(--line); vertical-align: top; }
thead th { border-top: 0; color: var(--soft); font-weight: 500; font-size: 12px; vertical-align: bottom; }
th:first-child, td:first-child { padding-left: 18px; }
th:last-child, td:last-child { padding-right: 18px; }
.n { text-align: right; white-space: nowrap; }
td small { display: block; color: var(--soft); font-size: 12px; }
td.slice { min-width: 140px; } td.slice b { font-weight: 600; overflow-wrap: anywhere; }
td.why { min-width: 190px; }
td.credit { white-space: nowrap; } td.after { font-weight: 650; }
tr.aside td { color: var(--soft); }
svg.interval { display: block; width: 200px; height: 26px; }
.axis { stroke: var(--soft); stroke-width: 1; }
.margin { fill: var(--band); }
.bar { stroke: var(--tone); stroke-width: 4; stroke-linecap: round; }
.dot { fill: var(--card); stroke: var(--tone); stroke-width: 3; }
.scale { fill: var(--soft); font-size: 10.5px; }
.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 480px), 1fr)); gap: 14px; }
figure { margin: 0; padding: 12px; break-inside: avoid; }
figcaption { display: flex; justify-content: space-between; gap: 12px; margin-bottom: 8px; }
figcaption b { font-weight: 600; }
figcaption span { color: var(--soft); font-size: 12px; text-align: right; overflow-wrap: anywhere; }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 8px; }
.sides p { margin: 0 0 3px; color: var(--soft); font-size: 12px; }
.sides svg { display: block; width: 100%; height: auto; border-radius: 6px; background: #10141a; }
.sides svg rect { fill: none; stroke-width: 2; vector-effect: non-scaling-stroke; }
.sides svg .hit, .key.hit { stroke: var(--hit); border-color: var(--hit); }
.sides svg .alarm, .key.alarm { stroke: var(--alarm); border-color: var(--alarm); }
.sides svg .lost, .key.lost { stroke: var(--miss); border-color: var(--miss); stroke-dasharray: 5 3; border-style: dashed; }
.sides svg .other { stroke: #b8c0cc; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; color: var(--soft); font-size: 12px; margin: -4px 0 10px; }
.key { display: inline-block; width: 14px; height: 11px; border: 2px solid; border-radius: 2px; margin-right: 6px;
  vertical-align: -1px; }
.nothing { padding: 14px 18px; color: var(--soft); margin: 0; }
footer { color: var(--soft); font-size: 12.5px; margin-top: 28px; border-top: 1px solid var(--line); padding-top: 12px; }
footer p { margin: 0 0 6px; max-width: 88ch; }
svg.store { position: absolute; width: 0; height: 0; }
@media (max-width: 1100px) { main { padding: 18px; } svg.interval { width: 130px; } .scale { font-size: 16px; } th, td { padding: 7px 6px; }
  td.why { min-width: 140px; } .n.random, .credit small { display: none; } }
@media (max-width: 820px) { .top { grid-template-columns: 1fr; } .next { border-left: 0; border-top: 1px solid var(--line); } }
@media print { :root { color-scheme: light; --paper: #fff; --card: #fff; --ink: #111; --soft: #555; --line: #ccc;
  --band: #f2f3f5; --pass: #13794a; --pass-bg: #e2f5ea; --fail: #b42318; --fail-bg: #fdeae8; --inconclusive: #8a5a00;
  --inconclusive-bg: #fdf1d8; --hold: #5b3fb8; --hold-bg: #eeeafb; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; } main { max-width: none; padding: 0; }
  body { font-size: 11px; } tr { break-inside: avoid; } .wide { overflow: visible; } svg.interval { width: 130px; }
  th, td { padding: 5px 6px; } .pairs { grid-template-columns: 1fr 1fr; } }
)css";

}  // namespace spotter::gate
