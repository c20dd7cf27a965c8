/** The one style sheet; pages load nothing else. */
export const style = `
:root{color-scheme:light dark;--text:#1f2328;--muted:#59636e;--line:#d1d9e0;--soft:#f6f8fa;--page:#fff;--link:#0969da;
--green:#1a7f37;--red:#cf222e;--purple:#8250df;--grey:#59636e;--amber:#9a6700;--added:#dafbe1;--removed:#ffebe9}
@media(prefers-color-scheme:dark){:root{--text:#f0f6fc;--muted:#9198a1;--line:#3d444d;--soft:#151b23;--page:#0d1117;
--link:#4493f8;--green:#3fb950;--red:#f85149;--purple:#ab7df8;--grey:#9198a1;--amber:#d29922;--added:#12261e;--removed:#25171c}}
*{box-sizing:border-box}
body{margin:0;font:14px/1.5 system-ui,-apple-system,"Segoe UI","Noto Sans",Helvetica,Arial,sans-serif;color:var(--text);background:var(--page)}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
code,pre,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:12px}
.top{background:var(--soft);border-bottom:1px solid var(--line);padding:14px 32px;display:flex;gap:24px;align-items:baseline}
.top strong{font-size:16px}.top .note{margin-left:auto;color:var(--muted);font-size:12px}
main{max-width:1180px;margin:0 auto;padding:24px 32px 64px}
h1{font-size:28px;font-weight:400;line-height:1.25;margin:0 0 8px}h1 .number{color:var(--muted)}
h2{font-size:16px;margin:32px 0 12px}
.meta{display:flex;gap:10px;align-items:center;flex-wrap:wrap;color:var(--muted);padding-bottom:16px;border-bottom:1px solid var(--line);margin-bottom:24px}
.badge{display:inline-block;border-radius:2em;padding:4px 12px;font-weight:500;color:#fff;background:var(--grey)}
.badge.open{background:#1f883d}.badge.merged{background:#8250df}.badge.closed{background:#cf222e}.badge.draft{background:#59636e}
.branch{background:#ddf4ff;color:#0550ae;border-radius:6px;padding:2px 6px}
@media(prefers-color-scheme:dark){.branch{background:#121d2f;color:#79c0ff}}
.columns{display:grid;grid-template-columns:minmax(0,1fr) 256px;gap:32px}
@media(max-width:820px){.columns{grid-template-columns:1fr}}
.card{border:1px solid var(--line);border-radius:6px;margin-bottom:16px;overflow:hidden}
.card>.head{background:var(--soft);border-bottom:1px solid var(--line);padding:8px 16px;color:var(--muted);display:flex;gap:6px;align-items:baseline}
.card>.head strong{color:var(--text)}.card>.head .right{margin-left:auto}
.card>.content{padding:16px}
.markdown>:first-child{margin-top:0}.markdown>:last-child{margin-bottom:0}
.markdown h1,.markdown h2,.markdown h3{font-size:18px;font-weight:600;margin:20px 0 10px;padding-bottom:4px;border-bottom:1px solid var(--line)}
.markdown h3{font-size:16px;border:0}
.markdown table{border-collapse:collapse;display:block;overflow-x:auto;margin:0 0 16px}
.markdown th,.markdown td{border:1px solid var(--line);padding:6px 13px;text-align:left}.markdown tr:nth-child(2n) td{background:var(--soft)}
.markdown pre{background:var(--soft);border-radius:6px;padding:14px;overflow-x:auto}
.markdown :not(pre)>code{background:rgba(129,139,152,.15);border-radius:6px;padding:.2em .4em}
.markdown blockquote{margin:0 0 16px;padding:0 1em;color:var(--muted);border-left:4px solid var(--line)}
.markdown hr{border:0;border-top:1px solid var(--line)}.markdown details{margin-bottom:16px}.markdown summary{cursor:pointer}
.rows{list-style:none;margin:0;padding:0}.rows li{padding:10px 16px;border-top:1px solid var(--line);display:flex;gap:10px;align-items:baseline}
.rows li:first-child{border-top:0}.rows .badge{min-width:76px;padding:1px 0;text-align:center;font-size:12px}.rows .right{margin-left:auto;color:var(--muted);white-space:nowrap}
.green{color:var(--green)}.red{color:var(--red)}.amber{color:var(--amber)}.purple{color:var(--purple)}.muted{color:var(--muted)}
.side h3{font-size:12px;color:var(--muted);margin:0 0 6px}.side section{border-bottom:1px solid var(--line);padding-bottom:14px;margin-bottom:14px}
.label{display:inline-block;border:1px solid var(--line);background:var(--soft);border-radius:2em;padding:0 8px;font-size:12px;margin:0 4px 4px 0}
.diff{border-collapse:collapse;width:100%;font:12px/20px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.diff td{padding:0 10px;white-space:pre-wrap;overflow-wrap:anywhere;vertical-align:top}
.diff .n{width:1%;min-width:44px;text-align:right;color:var(--muted);user-select:none;white-space:nowrap}
.diff .added td{background:var(--added)}.diff .removed td{background:var(--removed)}.diff .gap td{background:var(--soft);color:var(--muted)}
form.act{display:grid;gap:12px}
textarea,select,button{font:inherit;color:inherit;border:1px solid var(--line);border-radius:6px;background:var(--page);padding:6px 12px}
textarea{width:100%;min-height:80px;resize:vertical}
.buttons{display:flex;flex-wrap:wrap;gap:8px;align-items:center}
button{background:var(--soft);font-weight:500;cursor:pointer}button.go{background:#1f883d;border-color:#1f883d;color:#fff}button.stop{color:var(--red)}
label{color:var(--muted)}
.notice{border:1px solid var(--red);color:var(--red);border-radius:6px;padding:10px 16px;margin-bottom:16px}
`
