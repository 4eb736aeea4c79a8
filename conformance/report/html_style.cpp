// How the HTML page looks, and the one thing its script does: showing fewer rows.
//
// Every colour of text has at least 4.5:1 against its ground, in both schemes. A result is always told by its
// word; the colour only helps to find it.
#include "conformance/report/html_parts.hpp"

namespace drover::conformance::html {

const std::string_view kStyle = R"(
:root {
  color-scheme: light dark;
  --ground: #ffffff; --raised: #f6f7f9; --text: #1c2127; --quiet: #58616b; --line: #d9dee4; --strong-line: #aab3bd;
  --link: #0b57a4; --pass: #18703a; --warn: #835300; --fail: #b3201b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171b; --raised: #1c2127; --text: #e4e7eb; --quiet: #9ba5b0; --line: #2e353d; --strong-line: #56606b;
    --link: #84b9f5; --pass: #62c588; --warn: #e0ac4c; --fail: #ff8a80;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  overflow-wrap: anywhere;
}
header, main, footer { max-width: 58rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 3rem; }
footer { padding-bottom: 3rem; color: var(--quiet); font-size: .875rem; }
h1, h2, h3, p, dd, td, th, code, pre { unicode-bidi: isolate; }
h1 { margin: 0; font-size: clamp(1.9rem, 6vw, 2.75rem); line-height: 1.15; font-weight: 650; letter-spacing: -.015em; }
h2 { margin: 3rem 0 .75rem; font-size: 1.3rem; line-height: 1.3; font-weight: 620; }
h3 { margin: 1.75rem 0 .5rem; font-size: 1rem; line-height: 1.4; font-weight: 620; }
p { margin: .5rem 0; }
a { color: var(--link); text-underline-offset: .15em; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
code, pre {
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace;
  font-size: .9em; font-weight: 450;
}
.kicker { margin: 0 0 .5rem; color: var(--quiet); }
.version { color: var(--quiet); font-weight: 400; }
.by { margin: .4rem 0 0; color: var(--quiet); font-size: 1.1rem; }
.note { color: var(--quiet); font-size: .875rem; font-weight: 400; }
.keep { white-space: nowrap; }
.verdict { margin: 1.75rem 0 0; padding: .1rem 0 .1rem .9rem; border-left: .25rem solid var(--quiet); font-size: 1.1rem; }
.verdict.good { border-color: var(--pass); } .verdict.good strong { color: var(--pass); }
.verdict.bad { border-color: var(--fail); } .verdict.bad strong { color: var(--fail); }
.totals {
  display: flex; flex-wrap: wrap; gap: 1rem 2.75rem; margin: 1.75rem 0 0; padding: 1rem 0;
  border-top: 1px solid var(--line); border-bottom: 1px solid var(--line);
}
.totals dt { color: var(--quiet); font-size: .875rem; }
.totals dd { margin: 0; }
.totals b { font-size: 1.6rem; line-height: 1.2; font-weight: 600; font-variant-numeric: tabular-nums; }
.totals a { color: inherit; text-decoration-thickness: 1px; }
.totals .pass b, .result.pass { color: var(--pass); }
.totals .fail b, .result.fail, td.fail { color: var(--fail); }
.result.warn, td.warn { color: var(--warn); }
.result.skip, td.zero { color: var(--quiet); }
.result { font-weight: 600; white-space: nowrap; }
.facts, .finding { display: grid; grid-template-columns: 9rem minmax(0, 1fr); gap: .35rem 1rem; margin: 0; }
.facts dt, .finding dt { color: var(--quiet); }
.facts dd, .finding dd { margin: 0; white-space: pre-line; }
.finding { margin: .75rem 0; }
.facts code { margin-right: .35rem; }
.failure { margin: 1rem 0; padding: .25rem 1.1rem .6rem; border: 1px solid var(--line); border-left: .25rem solid var(--fail); }
.failure h3 { margin: .6rem 0 0; }
.failure h3 code { font-size: 1em; font-weight: 620; }
.failure .result, .reason .note { margin-left: .5rem; }
.label, .again { color: var(--quiet); font-size: .875rem; }
pre {
  max-height: 22rem; margin: .25rem 0 .75rem; padding: .75rem .9rem; overflow: auto; background: var(--raised);
  font-size: .8125rem; line-height: 1.5; white-space: pre-wrap;
}
.warnings dt { margin-top: .75rem; font-weight: 600; }
.warnings dd { margin: .15rem 0 0; white-space: pre-line; }
.reason { font-weight: 450; }
.ids { display: flex; flex-wrap: wrap; gap: .15rem 1.25rem; margin: 0; padding: 0; list-style: none; }
.ids code { color: var(--quiet); }
table { width: 100%; border-collapse: collapse; }
th { font-weight: 400; text-align: left; }
th, td { padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
thead th { border-bottom-color: var(--strong-line); color: var(--quiet); font-size: .875rem; }
tfoot th, tfoot td { border-bottom: 0; font-weight: 600; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.number { color: var(--quiet); } td.number.fail, td.number.warn { font-weight: 600; }
.groups td.number { color: var(--text); } .groups td.zero { color: var(--quiet); }
.groups td.fail { color: var(--fail); } .groups td.warn { color: var(--warn); }
.tests th:first-child, .tests td:first-child { width: 5.25rem; }
.tests th:last-child, .tests td:last-child { width: 5rem; }
.tests p { margin: .1rem 0 0; color: var(--quiet); font-size: .9375rem; line-height: 1.45; }
.tests p.why { color: var(--text); white-space: pre-line; }
.tests tr:target { background: var(--raised); }
#filter { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem .75rem; }
#filter[hidden] { display: none; }
#filter select, #filter input {
  min-height: 2.5rem; padding: .25rem .6rem; border: 1px solid var(--strong-line); border-radius: .25rem;
  background: var(--ground); color: inherit; font: inherit;
}
#filter input { flex: 1 1 10rem; min-width: 8rem; }
#shown { color: var(--quiet); font-variant-numeric: tabular-nums; }
@media screen { .out { display: none; } }
@media (max-width: 34rem) {
  header { padding-top: 1.75rem; }
  h2 { margin-top: 2.25rem; }
  .totals { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem 1rem; }
  .facts, .finding { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .facts dd, .finding dd { margin-bottom: .6rem; }
  .failure { padding: .1rem .8rem .4rem; }
  .groups, .groups thead th { font-size: .8125rem; }
  .groups th { white-space: nowrap; }
  .groups th:last-child, .groups td:last-child { display: none; }
  th, td { padding-right: .5rem; }
  .tests th:first-child, .tests td:first-child { width: 4.25rem; }
  .tests th:last-child, .tests td:last-child { width: 3.75rem; }
  .tests .number, .tests .result { font-size: .875rem; }
}
@media print {
  :root {
    color-scheme: light;
    --ground: #ffffff; --raised: #ffffff; --text: #000000; --quiet: #444444; --line: #cccccc; --strong-line: #777777;
    --link: #000000; --pass: #0f5a2c; --warn: #6b4400; --fail: #99130f;
  }
  @page { margin: 16mm 15mm; }
  html { font-size: 9.5pt; }
  body { line-height: 1.4; }
  header, main, footer { max-width: none; padding: 0; }
  h1 { font-size: 22pt; } h2 { margin-top: 18pt; font-size: 13pt; } h3 { margin-top: 12pt; }
  h2, h3, thead, dt, .label { break-after: avoid; }
  .again { break-before: avoid; }
  tr, .totals, .failure, .finding, .groups, .legend { break-inside: avoid; }
  tfoot { display: table-row-group; }
  a { text-decoration: none; }
  pre { max-height: none; padding: 0 0 0 .75rem; border-left: 1px solid var(--line); }
  th, td { padding-top: .25rem; padding-bottom: .25rem; }
  #filter { display: none; }
}
)";

const std::string_view kScript = R"(
(function () {
  'use strict';
  var form = document.getElementById('filter');
  if (form === null) { return; }
  var kind = document.getElementById('kind');
  var words = document.getElementById('words');
  var shown = document.getElementById('shown');
  var groups = Array.from(document.querySelectorAll('section.group')).map(function (section) {
    var rows = Array.from(section.querySelectorAll('tbody tr')).map(function (row) {
      return { row: row, kind: row.dataset.kind, text: row.textContent.toLowerCase() };
    });
    return { section: section, rows: rows };
  });
  function apply() {
    var wanted = words.value.trim().toLowerCase();
    var all = 0;
    var fitting = 0;
    groups.forEach(function (group) {
      var here = 0;
      group.rows.forEach(function (each) {
        var fits = each.text.includes(wanted) ? kind.value === '' || kind.value === each.kind : false;
        each.row.classList.toggle('out', !fits);
        here += fits ? 1 : 0;
        all += 1;
      });
      group.section.classList.toggle('out', here === 0);
      fitting += here;
    });
    shown.textContent = fitting + ' of ' + all + ' tests';
  }
  form.addEventListener('input', apply);
  form.addEventListener('submit', function (event) { event.preventDefault(); });
  window.addEventListener('hashchange', function () { form.reset(); apply(); });
  form.hidden = false;
  apply();
}());
)";

} // namespace drover::conformance::html
