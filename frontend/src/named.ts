// Names of what the data holds as codes, in the language that is spoken.
import { type Head, type Houses, VERDICTS, wordAt } from "./model";
import { spoken, t } from "./words";

export class Named {
  constructor(
    private readonly head: Head,
    private readonly houses: Houses | null,
  ) {}

  label(word: string | null): string {
    return word === null ? t("unknown") : (this.head.words[spoken()][word] ?? word);
  }

  /** A label that stands alone or begins a line. */
  title(word: string | null): string {
    const label = this.label(word);
    return label.charAt(0).toUpperCase() + label.slice(1);
  }

  labels(words: string | null): string[] {
    return (words ?? "")
      .split(",")
      .map((word) => word.trim())
      .filter(Boolean)
      .map((word) => this.label(word));
  }

  /** The sentence of a finding; "" where its rule has none. */
  message(code: string | null, figures: Record<string, string>): string {
    const text = code === null ? "" : (this.head.messages[code]?.[spoken()] ?? "");
    return text.replace(/\{(\w+)\}/g, (_, name: string) => figures[name] ?? "");
  }

  verdict(place: number): string {
    return this.title(VERDICTS[place]);
  }

  place(code: string | null, missing: "no_township" | "no_village"): string {
    return code === null ? t(missing) : (this.head.names[code]?.[spoken()] ?? code);
  }

  limitPlace(code: string | null): string {
    return code === null ? t("unknown") : (this.head.limitPlaces[code]?.[spoken()] ?? code);
  }

  citation(id: string | null): string {
    return id === null ? "" : (this.head.citations[id]?.[spoken()] ?? id);
  }

  villageOf(house: number): string {
    return this.place(wordAt(this.houses!.village, house), "no_village");
  }

  townshipOf(house: number): string {
    return this.place(wordAt(this.houses!.township, house), "no_township");
  }

  /** Township, village and door of a house, as far as they are known. */
  address(house: number): string {
    const houses = this.houses!;
    const parts = [
      wordAt(houses.township, house) === null ? "" : this.townshipOf(house),
      wordAt(houses.village, house) === null ? "" : this.villageOf(house),
      houses.place[house],
    ];
    return parts.filter(Boolean).join(" · ");
  }

  searchable(house: number): string {
    const { id, place, parcel, household } = this.houses!;
    return `${id[house]} ${this.townshipOf(house)} ${this.villageOf(house)} ${place[house]} ${parcel[house]} ${household[house]}`.toLowerCase();
  }
}
