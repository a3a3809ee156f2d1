export interface ComposeApplication {
  readonly name: string;
  readonly folder: string;
  readonly file: string;
}
export function awesomeCompose(): string | undefined;
export function applicationsOf(folder: string): readonly ComposeApplication[];
