// What the workbench's components share. Each component's own script is put behind this text to form one module.
// Elements and values that outlast a run of the page hang on the component's root element, as properties that begin
// with an underscore.

// A new element at the end of its parent, with a class (or '') and further properties.
const make = (tag, className, parent, properties = {}) => {
  const element = Object.assign(document.createElement(tag), properties);
  if (className) element.className = className;
  if (tag === 'button') element.type = 'button';
  parent.appendChild(element);
  return element;
};

// The component's root element of that class, built at the first run.
const rootOf = (parentElement, className, build = () => {}) => {
  let root = parentElement.querySelector(`.${className}`);
  if (!root) {
    root = make('div', className, parentElement);
    build(root);
  }
  return root;
};

const clip = (value, low, high) => Math.min(high, Math.max(low, value));

// Send a message when nothing newer has come for a while. `root._late` is set while a message waits. A component that is
// gone by then (the visitor is on another page) says nothing. Nor may a message come after the click that leads to
// another page: Streamlit would answer it with an empty page. So a click on a link drops it. Any other click elsewhere
// takes it along: Streamlit puts what is said in one turn into one message, and runs the fragment alone of what spoke
// first. That is what was clicked, since our turn comes after its own, and before the message goes.
const late = (root, milliseconds, send) => {
  forget(root);
  const say = () => {
    forget(root);
    if (root.isConnected) send();
  };
  root._late = setTimeout(say, milliseconds);
  root._clicked = (event) => {
    if (event.composedPath().includes(root)) return;
    forget(root);
    if (!event.target.closest('a[href]')) root._late = setTimeout(say, 0);
  };
  document.addEventListener('click', root._clicked, true);
};

// Drop a message that waits.
const forget = (root) => {
  clearTimeout(root._late);
  root._late = null;
  document.removeEventListener('click', root._clicked, true);
};

// Said to the whole page when a picture is about to be another one: what is shown of it is out of date until the answer.
const CHANGING = 'nn-changing';

// Said by the network's drawing: whether something above it has changed while it is out of sight; and to it: show it.
const OFFER_INSIDE = 'nn-offer-inside';
const INSIDE = 'nn-inside';

// 'a {name} b' with the values of these names put in.
const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);
