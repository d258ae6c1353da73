/** Read at once, in bytes: the largest message that the contract takes, because each message has its price. */
export const readBytes = 1024 * 1024;
