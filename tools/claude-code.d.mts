export const VERSION: string;
export function claudeCode(): string | undefined;
