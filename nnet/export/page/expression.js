// The little language of nnet/expression.py: sums, products and parentheses over M1..M6. Same grammar, same limits,
// same sentences, same positions; tests/browser/test_web_parts.py compares the two text by text.

export const MAPS = ['M1', 'M2', 'M3', 'M4', 'M5', 'M6'];
const MAX_LENGTH = 200, MAX_DEPTH = 20, EXAMPLE = '(M1+M6)*M2';
const SIGNS = { '+': '+', '*': '*', x: '*', '\u00d7': '*', '\u00b7': '*', '(': '(', ')': ')' };
// What Python's str.isspace() is true for and \s is not; and the other way round.
const isSpace = (char) => (/\s/u.test(char) && char !== '\ufeff') || /[\x1c-\x1f\x85]/u.test(char);

export class ExpressionError extends Error {
  constructor(message, position = null) { super(message); this.position = position; }
}

/** Read a text: {sign: '+' | '*' | '', parts}; throws ExpressionError with a sentence for the visitor. */
export function parse(text) {
  const length = [...text].length;
  if (length > MAX_LENGTH) {
    throw new ExpressionError(
      `The expression has ${length.toLocaleString('en')} characters, but at most ${MAX_LENGTH} are read; write a shorter one.`);
  }
  return new Parser([...text]).parse();
}

/** Canonical text: no white space, no parenthesis that could be left out. */
export function write(expression) {
  const part = (inner) => (expression.sign === '*' && inner.sign === '+' ? `(${write(inner)})` : write(inner));
  return expression.sign ? expression.parts.map(part).join(expression.sign) : expression.parts[0];
}

/** Names of the maps used, sorted, each once. */
export function mapsOf(expression) {
  const names = expression.sign ? expression.parts.flatMap(mapsOf) : expression.parts;
  return [...new Set(names)].sort();
}

/** The expression's value for every cell, a Float32Array; `maps` holds one for each name that is used. */
export function evaluate(expression, maps) {
  if (!expression.sign) return maps[expression.parts[0]];
  const value = Float32Array.from(evaluate(expression.parts[0], maps));
  for (const part of expression.parts.slice(1)) {
    const other = evaluate(part, maps);
    if (expression.sign === '+') for (let i = 0; i < value.length; i++) value[i] += other[i];
    else for (let i = 0; i < value.length; i++) value[i] *= other[i];
  }
  return value;
}

/** The expression without the maps that are not in `names`; null if nothing is left. */
export function restricted(expression, names) {
  if (!expression.sign) return names.includes(expression.parts[0]) ? expression : null;
  const kept = expression.parts.map((part) => restricted(part, names)).filter(Boolean);
  return kept.length ? combined(expression.sign, kept) : null;
}

function combined(sign, parts) {
  if (parts.length === 1) return parts[0];
  return { sign, parts: parts.flatMap((part) => (part.sign === sign ? part.parts : [part])) };
}

class Parser {
  constructor(text) {
    this.text = text;
    this.tokens = tokens(text);
    this.index = 0;
    this.open = [];
  }
  get token() { return this.tokens[this.index]; }
  parse() {
    const expression = this.sum();
    const token = this.token;
    if (token.symbol === ')') {
      throw this.error(token, 'closes a parenthesis that was never opened; remove it or add "(" before it');
    }
    if (token.symbol) throw this.error(token, 'follows without a sign; put + or * before it');
    return expression;
  }
  take(symbol) {
    const found = this.token.symbol === symbol;
    if (found) this.index++;
    return found;
  }
  sum() {
    const terms = [this.product()];
    while (this.take('+')) terms.push(this.product());
    return combined('+', terms);
  }
  product() {
    const factors = [this.atom()];
    while (this.take('*')) factors.push(this.atom());
    return combined('*', factors);
  }
  atom() {
    const token = this.token;
    if (MAPS.includes(token.symbol)) {
      this.index++;
      return { sign: '', parts: [token.symbol] };
    }
    if (token.symbol === '(') return this.parenthesis();
    throw this.missingOperand(token);
  }
  parenthesis() {
    const opening = this.token;
    if (this.open.length === MAX_DEPTH) {
      throw this.error(opening, `opens more than ${MAX_DEPTH} parentheses inside one another; use fewer`);
    }
    this.open.push(opening);
    this.index++;
    const inside = this.sum();
    if (!this.take(')')) {
      throw this.token.symbol
        ? this.error(this.token, 'follows without a sign; put + or * before it')
        : this.error(this.open.at(-1), 'is never closed; add ")" at the end');
    }
    this.open.pop();
    return inside;
  }
  missingOperand(token) {
    if (this.text.every(isSpace)) return new ExpressionError(`The expression is empty; write one such as ${EXAMPLE}.`);
    if (!token.symbol) {
      return this.error(this.tokens[this.index - 1], 'ends the expression; add a map (M1 to M6) or a "(...)" after it');
    }
    return this.error(token, 'stands where a map (M1 to M6) or "(" was expected; add a map before it');
  }
  error(token, problem) { return problemAt(this.text, token.start, token.stop, problem); }
}

function tokens(text) {
  const found = [];
  for (let start = 0; start < text.length;) {
    if (isSpace(text[start])) { start++; continue; }
    const token = read(text, start);
    found.push(token);
    start = token.stop;
  }
  return [...found, { symbol: '', start: text.length, stop: text.length }];
}

function read(text, start) {
  if (Object.hasOwn(SIGNS, text[start])) return { symbol: SIGNS[text[start]], start, stop: start + 1 };
  let stop = start + 1;
  while ('Mm'.includes(text[start]) && /^[0-9]$/.test(text[stop] ?? '')) stop++;
  const name = text.slice(start, stop).join('').toUpperCase();
  if (MAPS.includes(name)) return { symbol: name, start, stop };
  if (stop > start + 1) throw problemAt(text, start, stop, 'does not exist; the maps are M1 to M6');
  while (stop < text.length && text.slice(start, stop + 1).every((char) => /^[A-Za-z0-9_]$/.test(char))) stop++;
  throw problemAt(text, start, stop,
    `is not part of an expression; use only M1 to M6, +, * and parentheses, as in ${EXAMPLE}`);
}

function problemAt(text, start, stop, problem) {
  return new ExpressionError(`Character ${start + 1}: ${quoted(text.slice(start, stop).join(''))} ${problem}.`, start);
}

// Python also tells the Unicode name of a character outside ASCII; a browser has no table of names, only the number.
function quoted(symbol) {
  if (/^[\x20-\x7e]*$/.test(symbol)) return symbol.length <= 20 ? `"${symbol}"` : `"${symbol.slice(0, 20)}..."`;
  const number = `U+${symbol.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  return /^[\p{C}\p{Z}]$/u.test(symbol) ? `the invisible character ${number}` : `"${symbol}" (${number})`;
}
