"""What ``data`` prints."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from thirdwatt.report.schemas.meter import Observed
from thirdwatt.report.schemas.parts import Range, Strict, Three


class ScanFinding(BaseModel):
    """A waste of a dataset; where it is not verified it says where to look, and no saving.

    What is null is not told: a finding may be made of no rows, or there is nothing that mends it.
    """

    id: str
    what: str
    verified: bool
    rows: int | None
    bytes: int | None
    rows_share: Range | float | None
    bytes_share: Range | float | None
    tokens_share: Range | None = None
    extrapolated: Range | None = None
    fix: str | None = None
    examples: list[str] = []


class ScanStrategy(BaseModel):
    """A way to make batches: what of all that is processed is padding, and what it cuts off."""

    id: str
    what: str
    padding_share: Range
    sequences: int
    truncated_documents: int
    lost_tokens: int


class ScanPadding(BaseModel):
    """Ways to make batches at a context."""

    context: int
    batch: int
    strategies: list[ScanStrategy]


class ScanTrial(BaseModel):
    """A format that a sample was stored in, in bytes for each byte of text."""

    id: str
    stored_ratio: float


class ScanStorage(BaseModel):
    """Formats that were tried, by id which is the present one, and which is better."""

    trials: list[ScanTrial]
    present: str | None
    better: str | None


class ScanTokenise(BaseModel):
    """What making tokens takes: seconds of a processor core."""

    cpu_s_per_token: Range


class ScanHistogram(Strict):
    """Documents and their tokens by length; a bin reaches to the next, the last to the longest."""

    from_tokens: list[int]
    documents: list[int]
    tokens: list[int]


class ScanLine(Strict):
    """A line that stands in many documents, as it begins."""

    line: str | None
    documents: int
    times: int
    bytes: int


class ScanLines(BaseModel):
    """Lines that are repeated, those first that take most."""

    lines: int
    top: list[ScanLine]


class _Price(Strict):
    """What a waste takes, as the difference of two runs; null where too little is known."""

    accelerator_hours: Three | None
    wall_time_h: Three | None
    facility_energy_kwh: Three | None
    cost_usd: Three | None
    carbon_kg: Three | None
    water_l: Three | None
    energy_share: Three | None
    small: bool | None


class ScanFaded(_Price):
    """The part of a price of repeats by which they counted less than new tokens, and by which law."""

    worth_share: Three
    by: str


class ScanWay(Strict):
    """What a way to make batches takes beyond packing."""

    id: str
    padding_share: Three
    facility_energy_kwh: Three | None


class ScanPrice(_Price):
    """The price of a finding; ``why`` says what it rests on, or why there is none."""

    id: str
    what: str
    how: str
    tokens_share: Three | None
    faded: ScanFaded | None
    why: str
    fix: str
    padding_share: Three | None = None
    by_strategy: list[ScanWay] | None = None
    core_hours: Three | None = None


class ScanPricedAt(Strict):
    """The run that prices are part of, and all that can be priced at once: prices do not add up."""

    scenario: str
    samples: int
    seed: int
    tokens: Three | None
    epochs: Three | None
    trained_tokens: Three | None
    processed_tokens: Three | None
    effective_tokens: Three | None
    accelerator_hours: Three | None
    wall_time_h: Three | None
    facility_energy_kwh: Three | None
    cost_usd: Three | None
    carbon_kg: Three | None
    water_l: Three | None
    together: _Price | None
    notes: list[str]


class ScanBadSample(BaseModel):
    """A row that could not be read, or the first of several."""

    file: str
    row: int
    reason: str
    sample: str


class ScanBadRows(Strict):
    """How many rows could not be read, why, and the first of them."""

    count: int
    reasons: dict[str, int]
    samples: list[ScanBadSample]


class Scanned(BaseModel):
    """The document of ``data scan --json``; ``tokens`` is null where they were neither counted nor estimated."""

    schema_: Literal["thirdwatt/scan/1"] = Field(alias="schema")
    facts_digest: str
    id: str = ""
    path: str
    rows: int
    bytes: int
    tokens: Range | None
    stored_bytes: int
    links: int
    columns: list[str]
    lengths: dict[str, int]
    token_lengths: dict[str, int] = {}
    histogram: ScanHistogram | None = None
    bad_rows: ScanBadRows
    unread_files: list[str]
    kernels: str | None
    full_buckets: int
    findings: list[ScanFinding]
    padding: ScanPadding | None = None
    storage: ScanStorage | None = None
    tokenise: ScanTokenise | None = None
    lines: ScanLines | None = None
    sample: dict[str, Any] | None = None
    estimated: dict[str, Range] | None = None
    observations: list[Observed] = []
    prices: list[ScanPrice] | None = None
    priced_at: ScanPricedAt | None = None
    mended: dict[str, Any] | None = None
    mended_changes: list[str] = []
    mended_prices: list[ScanPrice] | None = None
    mended_priced_at: ScanPricedAt | None = None


class Mended(BaseModel):
    """What a dataset was, or is, around a fix."""

    rows: int
    bytes: int
    files: int
    tokens: Range | None


class MendedBefore(Mended):
    """What was read; its findings are as those of a scan."""

    stored_bytes: int
    bad_rows: int
    bytes_per_token: Range | None
    findings: list[ScanFinding]


class Removed(Strict):
    """What went, for one reason."""

    rows: int
    bytes: int


class DedupFile(Strict):
    """A file of the result: rows, text or tokens in bytes, and what the file takes, with 128 bits of it (XXH3)."""

    name: str
    rows: int
    bytes: int
    stored_bytes: int
    digest: str


class Dedup(Strict):
    """The document of ``data dedup --json``, and ``report.json`` of its result."""

    schema_: Literal["thirdwatt/dedup/1"] = Field(alias="schema")
    facts_digest: str = ""
    thirdwatt: str
    path: str
    how: list[str]
    keep: str
    against: str | None
    kernels: str | None
    full_buckets: int
    ceiling: str | None
    before: MendedBefore
    removed: dict[str, Removed]
    edited_rows: int
    after: Mended
    files: list[DedupFile]
    proof: str
    splits: list[str] = []
    bad_rows: ScanBadRows


class PackedBefore(Strict):
    """What was read, in documents and in tokens without ends."""

    rows: int
    bytes: int
    stored_bytes: int
    files: int
    tokens: int
    bad_rows: int
    empty_rows: int


class PackedAfter(Strict):
    """Rows of tokens; segments are documents, or pieces of those that are longer than a row."""

    rows: int
    documents: int
    segments: int
    tokens: int
    end_tokens: int
    padding_tokens: int
    split_documents: int
    files: int


class PackedFile(Strict):
    """A file of the result."""

    name: str
    rows: int
    segments: int
    tokens: int
    stored_bytes: int
    digest: str


class PackedPadding(Strict):
    """Padding among all tokens: as it is, the least that any packing has, and with a document a row."""

    packed: float
    bound: float
    padded_to_context: float


class Pack(BaseModel):
    """The document of ``data pack --json``, and ``report.json`` of its result."""

    schema_: Literal["thirdwatt/pack/1"] = Field(alias="schema")
    facts_digest: str = ""
    thirdwatt: str
    path: str
    context: int
    seed: int
    tokenizer: str
    vocabulary: int
    before: PackedBefore
    removed: dict[str, dict[str, int]]
    after: PackedAfter
    padding_share: PackedPadding
    bound_rows: int
    files: list[PackedFile]
    proof: str
    splits: list[str] = []
    bad_rows: ScanBadRows


class Converted(Mended):
    """A dataset before or after a conversion; documents are the rows that have a text or an image."""

    documents: int
    stored_bytes: int


class Convert(Strict):
    """The document of ``data convert --json``, and ``report.json`` of its result."""

    schema_: Literal["thirdwatt/convert/1"] = Field(alias="schema")
    facts_digest: str = ""
    thirdwatt: str
    path: str
    to: str
    options: dict[str, Any]
    before: Converted
    after: Converted
    nan: int
    files: list[DedupFile]
    proof: str
    splits: list[str] = []
    bad_rows: ScanBadRows


class DiffSet(Strict):
    """One of two revisions of a dataset; rows are documents, and tokens those of its whole text."""

    path: str
    files: int
    stored_bytes: int
    columns: list[str]
    rows: int
    bytes: int
    lines: int
    tokens: Range
    bytes_per_token: Range
    image_files: int
    unread_files: list[str]
    bad_rows: ScanBadRows


class DiffClass(Strict):
    """Documents with which the same has happened; shares are of the set that they are in, that of tokens by bytes."""

    rows: int
    bytes: int
    lines: int
    tokens: Range
    rows_share: float
    bytes_share: float
    lines_share: float


class DiffDocuments(Strict):
    """Documents of the new set by what they are, and those of the old one that are there edited, or not any more."""

    unchanged: DiffClass
    moved: DiffClass
    copied: DiffClass
    stamped: DiffClass
    edited: DiffClass
    new: DiffClass
    replaced: DiffClass
    removed: DiffClass


class DiffStamp(Strict):
    """A line that is new in many documents that are otherwise old, as it begins."""

    line: str | None
    documents: int
    times: int
    bytes: int


class DiffLines(Strict):
    """Lines that the old set has not as often, stamps among them, and lines that the new one has not as often."""

    new: int
    new_bytes: int
    new_share: float
    stamps: int
    stamp_bytes: int
    removed: int
    removed_bytes: int
    removed_share: float
    top_stamps: list[DiffStamp]


class DiffShare(Range):
    """Share of the tokens of the new set that are in new lines.

    The low end leaves out stamps and copies of old documents; the high one counts all of a document in which anything
    else is new. ``lines``, ``without_stamps_and_copies`` and ``whole_documents`` are these as shares of bytes.
    """

    low: float
    high: float
    unit: Literal["1"]
    lines: float
    without_stamps_and_copies: float
    whole_documents: float
    tokens_per_byte_ratio: Three


class DiffHashes(Strict):
    """What hashes of files would have said: files whose bytes are those of no file of the old set."""

    files: int
    bytes: int
    changed_files: int
    changed_bytes: int
    changed_files_share: float
    changed_bytes_share: float


class DiffTransfer(Strict):
    """What a transfer takes: of whole files, and of chunks cut by what they hold; each different one once."""

    whole_files_bytes: int
    chunks_bytes: int
    chunks: int
    least_chunk_bytes: int
    most_chunk_bytes: int
    unread_files: list[str]


class DiffCost(Strict):
    """What the diff itself took."""

    wall_s: float
    cpu_s: float
    text_byte_per_cpu_s: float | None


class Diffed(Strict):
    """The document of ``data diff --json``; what is read of stored files is null where these are at an address.

    ``new_tokens`` are those in new lines, ``removed_tokens`` those in lines of the old set that are gone; tokens of
    documents that are new, edited or removed stand in ``documents``. ``tokenizer`` is null where none was named.
    """

    schema_: Literal["thirdwatt/diff/1"] = Field(alias="schema")
    facts_digest: str
    tokenizer: str | None
    seed: int
    old: DiffSet
    new: DiffSet
    documents: DiffDocuments
    lines: DiffLines
    new_token_share: DiffShare
    new_tokens: Range
    removed_tokens: Range
    observations: list[Observed]
    file_hashes: DiffHashes | None
    transfer: DiffTransfer | None
    kernels: str
    cost: DiffCost
