/**
 * The name of the lock whose holder drives a session.
 * @param {string} database The name of the store.
 * @param {string} session
 */
export const lockName = (database, session) => `sparewheel ${database} ${session}`;
