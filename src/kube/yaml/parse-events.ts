import {
  EVENT_ALIAS,
  EVENT_DOCUMENT,
  EVENT_MAPPING,
  EVENT_POP,
  EVENT_SCALAR,
  EVENT_SEQUENCE,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE_PLAIN,
  YAMLException,
} from "js-yaml";
import type { DocumentBuilder } from "./document-builder.ts";

export function parseInto(text: string, builder: DocumentBuilder, maxDepth: number): void {
  let documents = 0;
  const tagOf = (s: number, e: number): string => {
    if (s < 0) return "";
    const r = text.slice(s, e);
    return r.startsWith("!!") ? `tag:yaml.org,2002:${r.slice(2)}` : r.startsWith("!<") ? r.slice(2, -1) : r;
  };
  const anchorOf = (s: number, e: number): string | undefined => (s < 0 ? undefined : text.slice(s, e));
  try {
    const events = parseEvents(text, { maxDepth });
    let depth = 0;
    for (const e of events) {
      switch (e.type) {
        case EVENT_DOCUMENT:
          depth = 0;
          documents++;
          if (documents > 1) {
            builder.problem("yaml/ignored-content", 0);
            return;
          }
          break;
        case EVENT_SEQUENCE:
          depth++;
          builder.openList(e.start, anchorOf(e.anchorStart, e.anchorEnd));
          break;
        case EVENT_MAPPING:
          depth++;
          builder.openMapping(e.start, anchorOf(e.anchorStart, e.anchorEnd));
          break;
        case EVENT_SCALAR: {
          const t = getScalarValue(text, e);
          const plain = e.style === SCALAR_STYLE_PLAIN;
          builder.scalar(
            { text: t, plain, tag: tagOf(e.tagStart, e.tagEnd) },
            e.valueStart,
            anchorOf(e.anchorStart, e.anchorEnd),
          );
          break;
        }
        case EVENT_ALIAS:
          builder.alias(text.slice(e.anchorStart, e.anchorEnd), e.anchorStart - 1);
          break;
        case EVENT_POP:
          if (depth-- > 0) builder.close();
          break;
      }
    }
  } catch (error) {
    if (error instanceof YAMLException && error.reason?.startsWith("nesting"))
      builder.fail("yaml/too-deep", error.mark?.position ?? 0, String(maxDepth));
    else if (error instanceof YAMLException)
      builder.fail("yaml/syntax", error.mark?.position ?? 0, error.reason);
    else throw error;
  }
}
