// SPDX-License-Identifier: Apache-2.0
// Draws a terminal's text as an SVG: `outrigger demo --once --color never | node docs/images/terminal.mjs "./scripts/demo" > demo.svg`.
import fs from 'node:fs';

const prompt = process.argv[2] ?? '';
const lines = [`$ ${prompt}`, ...fs.readFileSync(0, 'utf8').trimEnd().split('\n')];
const CHAR = 7.8, LINE = 18, PAD = 18, TOP = 44;
const width = Math.ceil(Math.max(...lines.map((l) => [...l].length)) * CHAR) + 2 * PAD;
const height = TOP + lines.length * LINE + PAD;
const escape = (s) => s.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
const colour = (l) => l.startsWith('$ ') ? '#8ab4f8' : /^\s+ok /.test(l) ? '#81c995' : /FAIL/.test(l) ? '#f28b82'
  : /^(\s+min |POSITION)/.test(l) ? '#fdd663' : '#e8eaed';
const text = lines.map((l, i) => `<text x="${PAD}" y="${TOP + (i + 0.75) * LINE}" fill="${colour(l)}" xml:space="preserve">${escape(l)}</text>`);
process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(prompt)}">
<rect width="${width}" height="${height}" rx="8" fill="#202124"/>
<circle cx="20" cy="20" r="6" fill="#f28b82"/><circle cx="40" cy="20" r="6" fill="#fdd663"/><circle cx="60" cy="20" r="6" fill="#81c995"/>
<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="13">
${text.join('\n')}
</g>
</svg>
`);
