// What a message has of the events `media` and `annotation`.

/**
 * @typedef {import("./events.js").Event} Event
 * @typedef {import("./events.js").MediaShape} MediaShape
 * @typedef {import("./events.js").AnnotationShape} AnnotationShape
 */

/**
 * @param {Extract<Event, {type: "media"}>} event
 * @returns {MediaShape}
 */
export function mediaOf({ mime_type, size, name, data, blob, url }) {
  const named = { mime_type, size, ...(name !== undefined && { name }) };
  return { ...named, ...(data !== undefined && { data }), ...(blob && { blob }), ...(url !== undefined && { url }) };
}

/**
 * @param {Extract<Event, {type: "annotation"}>} event
 * @returns {AnnotationShape}
 */
export function annotationOf({ type: _type, turn: _turn, seq: _seq, agent: _agent, attempt: _attempt, index: _index, ...shape }) {
  return shape;
}

/**
 * The annotations of all outputs of a step, with spans in the whole text.
 * @param {{annotations: AnnotationShape[], text: {toString(): string}}[]} outputs
 * @returns {AnnotationShape[]}
 */
export function annotationsOf(outputs) {
  let chars = 0; // of the text before
  return outputs.flatMap(({ annotations, text }) => {
    const start = chars;
    if (outputs.length > 1) chars += [...String(text)].length; // spans count Unicode characters
    return annotations.map(({ span, ...rest }) => ({ ...rest, ...(span && { span: span.map((place) => place + start) }) }));
  });
}
