/** Style and behaviour of the map's page. They name nothing outside of it. */
export const MAP_STYLE = `body{margin:0;font:14px/1.4 system-ui,sans-serif;color:#1b1f24;background:#fff;display:flex;flex-direction:column;height:100vh}
header{display:flex;gap:.7em;align-items:center;padding:.4em 1em;border-bottom:1px solid #ccd;flex-wrap:wrap}h1{font-size:1.1em;margin:0}
main{flex:1;display:flex;min-height:0}#map{flex:1;min-width:0;background:#fafbfc;touch-action:none}aside{width:320px;overflow:auto;padding:.5em 1em;border-left:1px solid #ccd}
input,button{font:inherit;padding:.2em .5em}.box rect{fill:#eef2f7;stroke:#b8c2cf}.box text{font:600 14px system-ui,sans-serif;fill:#39424e}
.node{cursor:pointer}.node rect{fill:#fff;stroke:#6b7785}.node text{font:12px system-ui,sans-serif;fill:#1b1f24}.node:focus{outline:none}.node:focus rect{stroke:#0b57d0;stroke-width:3}
.node.chosen rect{fill:#0b57d0;stroke:#0b57d0}.node.chosen text{fill:#fff}.node.to rect{fill:#d7f0dd;stroke:#1a7f37}.node.from rect{fill:#fdebd0;stroke:#b35900}.node.to.from rect{fill:#e6e0f8;stroke:#6639ba}.dim .node:not(.to):not(.from):not(.chosen){opacity:.25}
.node.miss{opacity:.15}.flow{fill:none;stroke:#1a7f37;stroke-width:1.5;opacity:.75}.flow.in{stroke:#b35900;stroke-dasharray:5 3}
aside h2{font-size:1em;overflow-wrap:anywhere}aside h3{font-size:.95em;margin:.8em 0 .2em}aside ul{padding-left:1.1em;margin:.2em 0}aside li{overflow-wrap:anywhere}
@media(prefers-color-scheme:dark){body{background:#16191d;color:#e6e9ed}#map{background:#1b1f24}.box rect{fill:#242a31;stroke:#48525e}.box text{fill:#cfd6de}}`;

export const MAP_SCRIPT = `(()=>{const $=(id)=>document.getElementById(id),map=$("map"),data=JSON.parse($("data").textContent),names=new Map(data.names),edges=data.edges;
const nodes=[...map.querySelectorAll(".node")],byId=new Map(nodes.map((n)=>[Number(n.dataset.id),n])),NS="http://www.w3.org/2000/svg";
const whole={x:0,y:0,w:Number(map.dataset.width),h:Number(map.dataset.height)};let view={...whole};
const show=()=>map.setAttribute("viewBox",[view.x,view.y,view.w,view.h].join(" "));
const zoom=(f,cx=view.x+view.w/2,cy=view.y+view.h/2)=>{const w=Math.min(whole.w*4,Math.max(120,view.w*f)),k=w/view.w;view={x:cx-(cx-view.x)*k,y:cy-(cy-view.y)*k,w,h:view.h*k};show()};
const fit=()=>{view={...whole};show()};$("in").onclick=()=>zoom(.7);$("out").onclick=()=>zoom(1.4);$("fit").onclick=fit;
const point=(e)=>{const p=new DOMPoint(e.clientX,e.clientY).matrixTransform(map.getScreenCTM().inverse());return p};
map.addEventListener("wheel",(e)=>{e.preventDefault();const p=point(e);zoom(e.deltaY>0?1.15:.87,p.x,p.y)},{passive:false});
let drag=null;map.addEventListener("pointerdown",(e)=>{if(!e.target.closest(".node")){drag=point(e);map.setPointerCapture(e.pointerId)}});
map.addEventListener("pointermove",(e)=>{if(drag){const p=point(e);view.x-=p.x-drag.x;view.y-=p.y-drag.y;show()}});map.addEventListener("pointerup",()=>{drag=null});
const text=(tag,t)=>{const e=document.createElement(tag);e.textContent=t;return e};
const list=(title,rows)=>{const f=document.createDocumentFragment();f.append(text("h3",title+" ("+rows.length+")"));const u=document.createElement("ul");for(const [n,p] of rows)u.append(text("li",n+": "+p));f.append(u);return f};
const mid=(n,right)=>{const r=n.querySelector("rect");return [Number(r.getAttribute("x"))+(right?Number(r.getAttribute("width")):0),Number(r.getAttribute("y"))+Number(r.getAttribute("height"))/2]};
const home=$("detail").innerHTML;
const clear=()=>{map.classList.remove("dim");for(const n of nodes)n.classList.remove("chosen","to","from");$("edges").replaceChildren();$("detail").innerHTML=home};
const draw=(a,b,cls,ports)=>{const s=byId.get(a),t=byId.get(b);if(!s||!t)return;const [x1,y1]=mid(s,true),[x2,y2]=mid(t,false),p=document.createElementNS(NS,"path");p.setAttribute("class","flow "+cls);p.setAttribute("d","M"+x1+" "+y1+" C"+(x1+60)+" "+y1+" "+(x2-60)+" "+y2+" "+x2+" "+y2);const h=document.createElementNS(NS,"title");h.textContent=ports;p.append(h);$("edges").append(p)};
const choose=(id)=>{clear();map.classList.add("dim");byId.get(id).classList.add("chosen");const to=[],from=[];for(const [a,b,p] of edges){if(a===id){to.push([names.get(b),p]);byId.get(b)?.classList.add("to");draw(a,b,"",p)}if(b===id){from.push([names.get(a),p]);byId.get(a)?.classList.add("from");draw(a,b,"in",p)}}
const d=$("detail");d.replaceChildren(text("h2",names.get(id)),list("reaches",to),list("reached from",from))};
for(const n of nodes){n.addEventListener("click",()=>choose(Number(n.dataset.id)));n.addEventListener("keydown",(e)=>{if(e.key==="Enter"||e.key===" "){e.preventDefault();choose(Number(n.dataset.id))}})}
$("search").addEventListener("input",()=>{const q=$("search").value.toLowerCase();let first=null;for(const n of nodes){const hit=names.get(Number(n.dataset.id)).toLowerCase().includes(q);n.classList.toggle("miss",q!==""&&!hit);if(hit&&!first)first=n}});
$("search").addEventListener("keydown",(e)=>{if(e.key==="Enter"){const n=nodes.find((m)=>!m.classList.contains("miss"));if(n){n.focus();choose(Number(n.dataset.id))}}});
document.addEventListener("keydown",(e)=>{if(e.target===$("search")){if(e.key==="Escape"){$("search").value="";$("search").dispatchEvent(new Event("input"));map.focus()}return}
const step=view.w/10;if(e.key==="+"||e.key==="=")zoom(.7);else if(e.key==="-")zoom(1.4);else if(e.key==="0")fit();else if(e.key==="/"){e.preventDefault();$("search").focus()}else if(e.key==="Escape")clear();
else if(e.key==="ArrowLeft"){view.x-=step;show()}else if(e.key==="ArrowRight"){view.x+=step;show()}else if(e.key==="ArrowUp"){view.y-=step;show()}else if(e.key==="ArrowDown"){view.y+=step;show()}});})();`;
