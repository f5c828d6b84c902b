/** Random numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const ONSETS = 'b c d f g h j k l m n p r s t v w br ch cl dr fl gr pl pr sh sl st str th tr'.split(' ');
const VOWELS = ['a', 'e', 'i', 'o', 'u', 'ea', 'ou', 'ie', 'ä', 'é'];
const CODAS = ['', '', '', 'n', 'r', 's', 't', 'l', 'ng', 'nd', 'st'];
const VOCABULARY = 30_000;
/** Where a rank is looked up at once instead of searched for. */
const STEPS = 2 ** 16;

/** Text as people write it, as far as deflate can tell: words of a vocabulary by Zipf's law, sentences, paragraphs. */
export class Words {
  constructor(seed) {
    this.random = randomFrom(seed);
    this.vocabulary = makeVocabulary(this.random);
    this.ranks = zipfRanks();
  }

  below(limit) {
    return Math.floor(this.random() * limit);
  }

  word() {
    return this.vocabulary[this.ranks[this.below(STEPS)]];
  }

  sentence(words) {
    let text = this.word();
    text = text[0].toUpperCase() + text.slice(1);
    for (let count = 1; count < words; count++) text += (this.random() < 0.08 ? ', ' : ' ') + this.word();
    return `${text}.`;
  }

  /** @param characters about as many */
  text(characters) {
    let text = '';
    while (text.length < characters) {
      if (text !== '') text += this.random() < 0.1 ? '\n' : ' ';
      text += this.sentence(6 + this.below(14));
      if (this.random() < 0.05) text += ` "${this.word()}"`;
    }
    return text;
  }
}

function makeVocabulary(random) {
  const pick = (list) => list[Math.floor(random() * list.length)];
  const words = new Set();
  while (words.size < VOCABULARY) {
    // Frequent words are short.
    const syllables = 1 + Math.floor(random() * Math.min(4, 1 + Math.log10(words.size + 1)));
    let word = '';
    for (let count = 0; count < syllables; count++) word += pick(ONSETS) + pick(VOWELS) + pick(CODAS);
    words.add(word);
  }
  return [...words];
}

function zipfRanks() {
  const ranks = new Uint16Array(STEPS);
  let total = 0;
  for (let rank = 1; rank <= VOCABULARY; rank++) total += 1 / rank;
  let [rank, reached] = [0, 1 / total];
  for (let step = 0; step < STEPS; step++) {
    while ((step + 0.5) / STEPS > reached && rank < VOCABULARY - 1) reached += 1 / ++rank / total;
    ranks[step] = rank;
  }
  return ranks;
}
