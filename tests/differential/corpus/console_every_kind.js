class Money { constructor(a){this.amount=a;} get big(){return 1} static of(){} }
class Empty {}
class Named extends Map { get [Symbol.toStringTag]() { return "Nm"; } }
function handler(w) {
  const circ = {name:'x'}; circ.self = circ; circ.list=[circ];
  const vals = [1,-0,'str',"it's",'a"b\'c',`back\`t"'`,true,null,undefined,Symbol('s'),10n,[],{},[[]],[1,2,3],new Date(0),new Date(NaN),/a+/gi,
   [1,,3],[,,],new Array(5),[undefined,null],{a:1,b:'two',c:[1,2,{d:3}]},{a:{b:{c:{d:1}}}},[[[[1]]]],[[[[[]]]]],{a:{b:{c:{}}}},{a:{b:{c:[]}}},
   new Map([['a',1],['b',{c:2}]]),new Set([1,'2',{}]),new Map(),new Set(),new Map([[{k:1},new Map([[1,2]])]]),new WeakMap(),new WeakSet(),
   function foo(){},()=>{},class A{},class B extends Money{},async()=>{},function*g(){},async function*ag(){},Money,Money.of,
   new Money(5),new Empty(),Object.create(null),Object.assign(Object.create(null),{a:1}),Object.create({inherited:1}),
   new String('abc'),new Number(3),new Boolean(false),Object(1n),Object(Symbol('q')),circ,[circ],
   new Uint8Array([1,2,3]),new Uint8Array(0),new Float64Array([1.5,-0]),new ArrayBuffer(4),new DataView(new ArrayBuffer(2)),
   'a b c'.match(/b/),'2026-02-03'.match(/(?<y>\d+)-(?<m>\d+)/),'aXbX'.match(/X/g),[...'abab'.matchAll(/a/g)],
   {get a(){return 1},set a(v){},get b(){return 1},set c(v){}},{[Symbol('k')]:1,'a-b':2,$x:3,_y:4,'1':5,'é':6,'':7},
   Array.from({length:120},(_, i)=>i),Array.from({length:30},(_, i)=>'item'+i),Array.from({length:7},(_, i)=>'x'.repeat(i*5)),Array.from({length:27},(_,i)=>i*1000),
   'x'.repeat(200),['x'.repeat(100)],{a:'line1\nline2'},{a:'line1\nline2'.repeat(20)},['a\tb','\u0007','\\','é','😀','\ud800'],
   {long1:'aaaaaaaaaaaaaaaaaaaaaaaa',long2:'bbbbbbbbbbbbbbbbbbbbbbbbbb',long3:'cccccccccccccccccccc'},
   {long1:'aaaaaaaaaaaaaaaaaaaaaaaa',long2:'bbbbbbbbbbbbbbbbbbbbbbbbbb',long3:'ccccccccccccccc',n:{x:1,y:[1,2,3]}},
   new Named([['a',1]]),Math,JSON,Intl,new Intl.NumberFormat(),(function(){return arguments})(1,2),Promise.reject,
   [1.5,2.25,-3,4,5,6,7,8],[1n,2n,3n,4n,5n,6n,7n],[true,false,true,false,true,false,true,false],['東京','大阪','名古屋','札幌','福岡','京都','神戸'],
   {f(){},g:()=>1,h:class{}},{u:undefined,n:null},new (class extends Array{})(3),[['a',1],['b',2]],Object.entries({a:1,b:{c:1}}),
   {a:[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30]},w.payload,w.payload.data,Object.keys(w.payload.data),Symbol.iterator,Number,
   Object.assign(()=>{}, {a:1}), Object.assign([1,2],{extra:true}), new Set([[1,2],[3,4]]), [null,undefined,,1], {a:new Map([['x',[1,2]]])}, Object.freeze({a:1}), [new Date(0)], {d:new Date(0),r:/x/}, globalThis === this, new Error, 
  ];
  for (const v of vals) console.log(v);
  console.log('%s|%d|%i|%f|%j|%o|%O|%c|%%', 'a', '42', '42.9', '1.5x', {a:1}, [1,{a:2}], {b:{c:{d:{e:1}}}}, 'css', 'extra', {x:1});
  for (const v of [1,-0,'x',null,undefined,{a:1},{a:{b:1}},[1,[2]],new Date(0),Symbol('x'),5n,()=>{},{toString(){return 'T'}},class Q{toString(){return 'q'}}]) { console.log('%s!', v); console.log('%d!', v); console.log('%j!', typeof v==='bigint'?1:v); console.log('%o!', v); console.log('a', v); }
  console.log(); console.log(''); console.log('100%'); console.log('100%', 5); console.log('%'); console.log('%x', 1); console.log('%s'); console.log('%s %s', 'a'); console.log(null, 'a'); console.log('a\nb', {a:1}); console.log({a:1}, 'str', [1]); console.log('%%', 1); console.log('%%');
  console.info({i:1}); console.warn('w', 1); console.error('e', [1]); console.debug('d');
  return w;
}
