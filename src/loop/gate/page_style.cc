#include "loop/gate/page_style.h"

namespace spotter::gate {

// The colours are those of the app (web/src/ui/tokens.css). Dark ones are for screens only: paper
// is always light.
const std::string_view kPageStyle = R"css(
:root { color-scheme: light;
  --paper: #faf9f7; --surface: #fff; --sunken: #f3f2ee; --line: #e7e5df; --line-strong: #d5d2ca;
  --text: #1d1c1a; --text-soft: #5c5a55; --text-faint: #76736b; --accent: #3257d6;
  --good: #14774d; --good-soft: #e2f4ea; --warn: #8f5d00; --warn-soft: #fbf0d9;
  --bad: #b7361f; --bad-soft: #fcebe7; --shadow: 0 1px 2px rgb(30 28 24 / 5%);
  --found: #22b887; --alarm: #ff7a3d; --missed: #e64fd0;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "Liberation Mono", Menlo, monospace; }
@media screen and (prefers-color-scheme: dark) { :root { color-scheme: dark;
  --paper: #131312; --surface: #1b1b19; --sunken: #232320; --line: #2c2c28; --line-strong: #40403a;
  --text: #edece6; --text-soft: #b1aea5; --text-faint: #918e85; --accent: #8ea6ff;
  --good: #63cf9f; --good-soft: #17332680; --warn: #e3b45f; --warn-soft: #3a2d1480;
  --bad: #ff8e78; --bad-soft: #40201a80; --shadow: 0 1px 2px rgb(0 0 0 / 30%); } }
*, *::before, *::after { box-sizing: border-box; }
html { background: var(--paper); color: var(--text); }
body { margin: 0; font: 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans",
  "Liberation Sans", sans-serif; font-variant-numeric: tabular-nums; }
h1, h2, p, dl, dd, ul, figure { margin: 0; padding: 0; }
ul { list-style: none; }
h1, h2 { font-weight: 600; line-height: 1.25; letter-spacing: -.011em; }
b { font-weight: 600; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 32px 48px; }
h1 { font-size: 22px; letter-spacing: -.018em; overflow-wrap: anywhere; }
h2 { font-size: 16px; }
.lead { margin: 4px 0 24px; color: var(--text-soft); }
.lead b { font-weight: 500; color: var(--text); }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: 10px;
  box-shadow: var(--shadow); }
.top { display: grid; grid-template-columns: minmax(0, 1fr) 408px; gap: 24px; }
.verdict, .decision { padding: 24px; }
.verdict { display: flex; flex-direction: column; align-items: flex-start; }
.headline { margin: 8px 0; font-size: 22px; font-weight: 600; letter-spacing: -.018em; line-height: 1.3;
  text-wrap: balance; }
.verdict ul { display: grid; gap: 4px; color: var(--text-soft); }
.facts { display: flex; flex-wrap: wrap; gap: 12px 24px; margin-top: auto; padding-top: 16px;
  font-size: 13px; }
dt { color: var(--text-faint); font-size: 12px; }
.badge { display: inline-block; padding: 0 8px; border-radius: 999px; font-size: 12px; font-weight: 500;
  line-height: 20px; white-space: nowrap; color: var(--text-soft); background: var(--sunken); }
.badge.good { color: var(--good); background: var(--good-soft); }
.badge.warn { color: var(--warn); background: var(--warn-soft); }
.badge.bad { color: var(--bad); background: var(--bad-soft); }
.decision { display: grid; gap: 12px; align-content: start; color: var(--text-soft); }
.decision h2 { color: var(--text); }
.command { display: grid; gap: 4px; }
.command span { color: var(--text); font-size: 13px; font-weight: 500; }
code { display: block; padding: 6px 8px; border: 1px solid var(--line-strong); border-radius: 6px;
  background: var(--paper); color: var(--text); font: 12px/1.5 var(--mono); white-space: nowrap;
  overflow-x: auto; -webkit-user-select: all; user-select: all; }
.small { color: var(--text-faint); font-size: 12px; }
section { margin-top: 32px; }
section > header { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between;
  gap: 4px 16px; margin-bottom: 12px; color: var(--text-faint); font-size: 13px; }
section > header h2 { color: var(--text); }
.note { margin: -8px 0 12px; color: var(--text-soft); }
.table { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; }
th { padding: 8px 12px; color: var(--text-faint); font-size: 12px; font-weight: 500; text-align: left;
  white-space: nowrap; }
td { padding: 10px 12px; border-top: 1px solid var(--line); vertical-align: middle; }
th:first-child, td:first-child { padding-left: 16px; }
th:last-child, td:last-child { padding-right: 16px; white-space: nowrap; }
th.delta { width: 36%; padding-left: 22px; }
.n { text-align: right; white-space: nowrap; }
.quiet { color: var(--text-soft); font-size: 13px; }
td b { font-weight: 500; }
td small { display: block; color: var(--text-faint); font-size: 12px; line-height: 1.35; }
.change { display: grid; grid-template-columns: 52px minmax(150px, 1fr); gap: 12px; align-items: center; }
.change > b { font-weight: 600; text-align: right; }
.change small { margin-top: 2px; }
.change i { margin-right: 4px; font-style: normal; white-space: nowrap; }
.interval { display: block; overflow: visible; }
.interval .allowed { fill: var(--sunken); }
.interval .line { fill: var(--line); }
.interval .zero { fill: var(--line-strong); }
.interval .band { fill: var(--accent); fill-opacity: .32; }
.interval .dot { fill: var(--accent); stroke: var(--surface); stroke-width: 2; }
.interval.up .band, .interval.up .dot { fill: var(--good); }
.interval.down .band, .interval.down .dot { fill: var(--bad); }
.read { display: grid; gap: 2px; margin: 12px 16px 0; font-size: 12px; color: var(--text-faint); }
.read div { display: flex; gap: 8px; }
.read dt { flex: none; width: 56px; font-weight: 500; color: var(--text-soft); }
.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(460px, 100%), 1fr)); gap: 16px; }
figure { padding: 12px; break-inside: avoid; }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 8px; }
.sides p { margin-top: 4px; color: var(--text-faint); font-size: 12px; }
.sides svg { display: block; width: 100%; height: auto; border-radius: 6px; background: var(--sunken); }
.sides rect { fill: none; stroke-width: 2px; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.sides .rim { stroke: rgb(0 0 0 / 45%); stroke-width: 4px; }
.sides .found { stroke: var(--found); }
.sides .alarm { stroke: var(--alarm); }
.sides .missed { stroke: var(--missed); stroke-dasharray: 5 4; }
.sides .quiet { opacity: .6; }
.sides .quiet rect { stroke-width: 1px; }
.sides .quiet .rim { stroke-width: 3px; }
figcaption { display: flex; justify-content: space-between; gap: 12px; margin-top: 8px; font-size: 13px; }
figcaption b { font-weight: 400; overflow-wrap: anywhere; }
figcaption span { color: var(--text-soft); text-align: right; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; color: var(--text-soft); }
.legend i { display: inline-block; width: 14px; height: 10px; margin-right: 6px; border: 2px solid;
  border-radius: 2px; }
.legend .found { border-color: var(--found); }
.legend .alarm { border-color: var(--alarm); }
.legend .missed { border-color: var(--missed); border-style: dashed; }
.none { padding: 16px; color: var(--text-soft); }
.store { position: absolute; width: 0; height: 0; }
footer { margin-top: 32px; padding-top: 12px; border-top: 1px solid var(--line); color: var(--text-faint);
  font-size: 12px; }
footer p { max-width: 100ch; margin-bottom: 4px; }
@media screen and (max-width: 900px) { main { padding: 20px 16px 32px; }
  .top { grid-template-columns: minmax(0, 1fr); } }
@media print { @page { margin: 14mm 12mm; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  :root { --paper: #fff; --shadow: none; }
  body { font-size: 11px; } td small, dt, th, .facts, .read, .small, .badge, .command span,
  .sides p, figcaption, footer, section > header { font-size: 10px; } td.quiet { font-size: 11px; }
  .badge { line-height: 16px; } .headline, h1 { font-size: 18px; } h2 { font-size: 13px; } main { max-width: none; padding: 0; } section { margin-top: 20px; }
  .top { grid-template-columns: minmax(0, 1fr) 330px; gap: 12px; } .verdict, .decision { padding: 14px; }
  code { font-size: 10px; } .table { overflow: visible; } th, td { padding: 5px 6px; }
  tr, .card.verdict, .card.decision { break-inside: avoid; } section > header, .note { break-after: avoid; }
  .change { grid-template-columns: 36px minmax(110px, 1fr); gap: 8px; } th.delta { padding-left: 8px; }
  .pairs { grid-template-columns: 1fr 1fr; gap: 10px; } figure { padding: 8px; } }
)css";

}  // namespace spotter::gate
