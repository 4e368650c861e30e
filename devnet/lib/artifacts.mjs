// SPDX-License-Identifier: Apache-2.0
// Contract artifacts (ABI + creation bytecode) straight out of node_modules. Their dialects:
//   hardhat          { abi, bytecode, linkReferences }
//   0x sol-compiler  { compilerOutput: { abi, evm: { bytecode: { object } } } }   (@chainlink/contracts 0.1.x)
//   foundry, waffle  { abi, bytecode: { object } } and { abi, bytecode } without 0x   (Uniswap v4 and v2)
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
export const MODULES = path.join(ROOT, 'node_modules');
const read = (file) => fs.readFileSync(path.join(MODULES, file), 'utf8');
const strip0x = (h) => h.replace(/^0x/, '');

/** file: path below node_modules. */
export function load(file) {
  const json = JSON.parse(read(file));
  const out = json.compilerOutput ?? json;
  const bytecode = typeof out.bytecode === 'string' ? out.bytecode : out.bytecode?.object ?? out.evm.bytecode.object;
  return { name: path.basename(file, '.json'), abi: out.abi, bytecode, links: Object.values(out.linkReferences ?? {}) };
}

/** Creation code with library addresses patched into the byte ranges given by linkReferences. */
export function link(artifact, libs = {}) {
  let hex = strip0x(artifact.bytecode);
  for (const [lib, places] of artifact.links.flatMap(Object.entries)) {
    if (!libs[lib]) throw new Error(`${artifact.name}: library ${lib} not supplied`);
    for (const { start, length } of places) {
      hex = hex.slice(0, start * 2) + strip0x(libs[lib]).toLowerCase() + hex.slice((start + length) * 2);
    }
  }
  if (/[^0-9a-fA-F]/.test(hex)) throw new Error(`${artifact.name}: unresolved library placeholder`);
  return '0x' + hex;
}

/** Permit2's deployed code, which the package that needs it carries as a literal. */
export function permit2Runtime() {
  return '0x' + read('@uniswap/v4-periphery/lib/permit2/test/utils/DeployPermit2.sol').match(/hex"([0-9a-f]+)"/)[1];
}

/**
 * Compiles contracts no package ships as bytecode: { name: file }, files and their imports below root. By name.
 * The settings are those that keep the largest of them below the size limit.
 */
export function compileAll(compiler, root, contracts, optimizer = { enabled: true, runs: 200 }) {
  const source = (file) => fs.readFileSync(path.join(root, file), 'utf8');
  const out = JSON.parse(require(compiler).compile(JSON.stringify({
    language: 'Solidity',
    sources: Object.fromEntries(Object.values(contracts).map((file) => [file, { content: source(file) }])),
    settings: { optimizer, outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } } },
  }), { import: (file) => ({ contents: source(file) }) }));
  const error = out.errors?.find((e) => e.severity === 'error');
  if (error) throw new Error(error.formattedMessage);
  return Object.fromEntries(Object.entries(contracts).map(([name, file]) => {
    const { abi, evm } = out.contracts[file][name];
    return [name, { name, abi, bytecode: evm.bytecode.object, links: [] }];
  }));
}

/** Compiles one self-contained source file of a package. */
export function compile(file, name) {
  return compileAll('solc-0.8.26', MODULES, { [name]: file }, { enabled: true, runs: 10_000_000 })[name];
}
