export interface Line {
  work: string;
  peer?: string;
  ratio?: string;
  value?: number;
  moreIsBetter?: boolean;
}

export interface Change {
  work: string;
  peer?: string;
  before?: number;
  after?: number;
  change?: number;
  lost: boolean;
}

export declare function compareRuns(before: { lines: Line[] }, after: { lines: Line[] }): Change[];
export declare function otherSizes(before: object, after: object): string[];
