"""What code finds in the sandbox besides ECMAScript's own objects, as TypeScript declarations for the editor.

What is absent here is absent there: ``fetch``, timers and ``require`` are no names. A test compares both.
"""

RUNTIME = """\
interface Console {
  log(...values: any[]): void;
  info(...values: any[]): void;
  warn(...values: any[]): void;
  error(...values: any[]): void;
  debug(...values: any[]): void;
  trace(...values: any[]): void;
  assert(condition?: any, ...values: any[]): void;
  dir(value?: any, options?: any): void;
  dirxml(...values: any[]): void;
  table(value?: any, columns?: string[]): void;
  group(...values: any[]): void;
  groupCollapsed(...values: any[]): void;
  groupEnd(): void;
  count(label?: string): void;
  countReset(label?: string): void;
  time(label?: string): void;
  timeLog(label?: string, ...values: any[]): void;
  timeEnd(label?: string): void;
  clear(): void;
}
/** Kept with each attempt and shown after a test. */
declare var console: Console;

interface URLSearchParams {
  readonly size: number;
  append(name: string, value: any): void;
  delete(name: string, value?: any): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string, value?: any): boolean;
  set(name: string, value: any): void;
  sort(): void;
  toString(): string;
  forEach(callback: (value: string, name: string, parameters: URLSearchParams) => void, self?: any): void;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  entries(): IterableIterator<[string, string]>;
  [Symbol.iterator](): IterableIterator<[string, string]>;
}
declare var URLSearchParams: {
  prototype: URLSearchParams;
  new (from?: any): URLSearchParams;
};

interface URL {
  href: string;
  readonly origin: string;
  protocol: string;
  username: string;
  password: string;
  host: string;
  hostname: string;
  port: string;
  pathname: string;
  search: string;
  readonly searchParams: URLSearchParams;
  hash: string;
  toString(): string;
  toJSON(): string;
}
declare var URL: {
  prototype: URL;
  new (url: any, base?: any): URL;
  canParse(url: any, base?: any): boolean;
  parse(url: any, base?: any): URL | null;
};

interface TextEncoder {
  readonly encoding: string;
  encode(text?: string): Uint8Array;
  encodeInto(text: string, into: Uint8Array): { read: number; written: number };
}
declare var TextEncoder: { prototype: TextEncoder; new (): TextEncoder };
interface TextDecoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(bytes?: any, options?: { stream?: boolean }): string;
}
declare var TextDecoder: {
  prototype: TextDecoder;
  new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder;
};

declare function structuredClone<T>(value: T, options?: any): T;
declare function atob(text: string): string;
declare function btoa(text: string): string;
declare function queueMicrotask(callback: () => void): void;

interface CryptoKey {
  readonly type: string;
  readonly extractable: boolean;
  readonly algorithm: any;
  readonly usages: string[];
}
declare var CryptoKey: { prototype: CryptoKey };
interface SubtleCrypto {
  /** SHA-1, SHA-256, SHA-384 or SHA-512 of the bytes. */
  digest(algorithm: any, data: any): Promise<ArrayBuffer>;
  importKey(format: string, data: any, algorithm: any, extractable: boolean, usages: string[]): Promise<CryptoKey>;
  exportKey(format: string, key: CryptoKey): Promise<any>;
  generateKey(algorithm: any, extractable: boolean, usages: string[]): Promise<CryptoKey>;
  sign(algorithm: any, key: CryptoKey, data: any): Promise<ArrayBuffer>;
  verify(algorithm: any, key: CryptoKey, signature: any, data: any): Promise<boolean>;
}
declare var SubtleCrypto: { prototype: SubtleCrypto };
interface Crypto {
  /** The MD5 of a text, in hexadecimal. */
  md5(text: string): string;
  randomUUID(): string;
  getRandomValues<T>(array: T): T;
  readonly subtle: SubtleCrypto;
}
declare var Crypto: { prototype: Crypto };
declare var crypto: Crypto;

interface DOMException extends Error {
  readonly code: number;
}
declare var DOMException: { prototype: DOMException; new (message?: string, name?: string): DOMException };
declare var performance: { now(): number; readonly timeOrigin: number };
interface ErrorConstructor {
  captureStackTrace(target: object, above?: any): void;
  stackTraceLimit: number;
  prepareStackTrace?: any;
}
declare var InternalError: ErrorConstructor;
"""
