import { bundlePath, lastBundle, TILE_WIDTH } from "./tiles.ts";

/**
 * Bundles that prove that a checkpoint of `size` was set back. An append starts from the durable checkpoint and adds
 * one entry, so a crash leaves at most entry `size` beyond it; more than that was there under a later checkpoint.
 */
export function pathsBeyond(size: number): readonly string[] {
  return Array.from({ length: TILE_WIDTH - 1 }, (_, offset) => {
    const { index, width } = lastBundle(size + offset + 2);
    return bundlePath(index, width);
  });
}
