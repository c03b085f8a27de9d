// Unpacks the block of columns that the Python side wrote (see jiadi/insight/encode.py).

interface Described {
  type: "int" | "word" | "text" | "delta";
  length: number;
  bytes: number;
  width?: 1 | 2 | 4 | 8;
  base?: number;
  words?: string[];
}

/** Codes of a column of words; -1 is missing. */
export interface Words {
  codes: Int32Array;
  words: string[];
}

const NONE: Described = { type: "int", length: 0, bytes: 0, width: 1, base: 0, words: [] };

export class Block {
  readonly head: Record<string, unknown>;
  private readonly columns: Record<string, Described>;
  private readonly offsets: Record<string, number> = {};

  constructor(private readonly raw: Uint8Array) {
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    const length = view.getUint32(0, true);
    this.head = JSON.parse(new TextDecoder().decode(raw.subarray(4, 4 + length))) as Record<string, unknown>;
    this.columns = this.head["columns"] as Record<string, Described>;
    let offset = 4 + length;
    for (const [name, column] of Object.entries(this.columns)) {
      this.offsets[name] = offset;
      offset += column.bytes;
    }
  }

  private describe(name: string): Described {
    return this.columns[name] ?? NONE;
  }

  private bytes(name: string): Uint8Array {
    const start = this.offsets[name] ?? 0;
    return this.raw.subarray(start, start + this.describe(name).bytes);
  }

  /** Bytes of a column, put back in their order from "all first bytes, all second bytes, …". */
  private ordered(name: string, width: number): ArrayBuffer {
    const shuffled = this.bytes(name);
    const length = shuffled.length / width;
    const ordered = new Uint8Array(shuffled.length);
    for (let plane = 0; plane < width; plane++) {
      for (let row = 0; row < length; row++) ordered[row * width + plane] = shuffled[plane * length + row];
    }
    return ordered.buffer;
  }

  /** Whole numbers; NaN is missing. */
  numbers(name: string): Float64Array {
    const { length, width = 1, base = 0 } = this.describe(name);
    const buffer = this.ordered(name, width);
    const stored =
      width === 1 ? new Uint8Array(buffer) : width === 2 ? new Uint16Array(buffer) : width === 4 ? new Uint32Array(buffer) : new Float64Array(buffer);
    const values = new Float64Array(length);
    for (let row = 0; row < length; row++) values[row] = stored[row] === 0 ? NaN : stored[row] - 1 + base;
    return values;
  }

  words(name: string): Words {
    const numbers = this.numbers(name);
    return { codes: Int32Array.from(numbers, (code) => (Number.isNaN(code) ? -1 : code)), words: this.describe(name).words ?? [] };
  }

  texts(name: string): string[] {
    if (this.describe(name).length === 0) return [];
    return new TextDecoder().decode(this.bytes(name)).split("\n");
  }

  /** Numbers that were kept as differences, folded so that small negatives stay small. */
  deltas(name: string): Int32Array {
    const folded = new Uint32Array(this.ordered(name, 4));
    const values = new Int32Array(folded.length);
    let last = 0;
    for (let row = 0; row < folded.length; row++) {
      const step = (folded[row] >>> 1) ^ -(folded[row] & 1);
      last = (last + step) | 0;
      values[row] = last;
    }
    return values;
  }
}

export async function unpack(base64: string): Promise<Block> {
  const packed = atob(base64.trim());
  const bytes = new Uint8Array(packed.length);
  for (let place = 0; place < packed.length; place++) bytes[place] = packed.charCodeAt(place);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Block(new Uint8Array(await new Response(stream).arrayBuffer()));
}
