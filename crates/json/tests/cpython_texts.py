"""Makes values and options for `json.dumps`, each text from a seed and its index alone.

A value is made as JSON text, in all forms that the example `dumps` reads.
"""

import json
import random
import struct

# Features of texts, in the order of the summary.
TRAITS = (
    "each code point in turn",
    "astral character",
    "string of 64 KiB",
    "float",
    "float that is no number",
    "integer of more than 64 bits",
    "equal keys",
    "keys in another order by UTF-16",
    "100 levels",
    "900 levels",
)

# Probability that an option is set.
FLAGS = {
    "skipkeys": 0.2,
    "ensure_ascii": 0.6,
    "check_circular": 0.2,
    "allow_nan": 0.4,
    "sort_keys": 0.6,
}
SPACES = (0, -1, -7, *range(1, 9), True, False)
INDENTS = (None, *SPACES, "", "\t", "--", "é", " \n", "\u2028", "😀", '"\\')
ITEM_SEPARATORS = ("", ",", ", ", " ;", ",\n", "é", "\u2028", "😀", '"\\')
KEY_SEPARATORS = ("", ":", ": ", "=>", " : ", "ß", "\x7f", "😀", '"\\')

PLAIN = range(0x20, 0x7F)
SPECIAL = (0x2028, 0x2029, 0xD7FF, 0xE000, 0xFEFF, 0xFFFE, 0xFFFF, 0x10000, 0x10FFFF)
# Kinds of characters, with their percentage.
CHARACTERS = {
    PLAIN: 40,
    tuple(b'"\\/\b\f\n\r\t'): 10,
    range(0x20): 8,
    (0x7F,): 3,
    range(0x80, 0x100): 10,
    range(0x100, 0xD800): 8,
    range(0xE000, 0x10000): 5,
    SPECIAL: 6,
    range(0x10000, 0x110000): 10,
}

# In order of code points; in UTF-16 the last three precede "\ue000".
SORTED_KEYS = (
    *("", "\x1f", '"', "$float", "1", "10", "2", "A", "\\", "a", "a\0", "a b", "aa", "e\u0301"),
    *("null", "\x7f", "é", "\ud7ff", "\ue000", "\uffff", "\uffffa"),
    *("\U00010000", "\U0001f600", "\U0010ffff"),
)

INTEGERS = [
    sign * (2**bits + more)
    for bits in (0, 7, 8, 31, 32, 53, 63, 64, 127, 128)
    for more in (-1, 0, 1)
    for sign in (1, -1)
]
FLOATS = (
    *("0.0", "-0.0", "1.0", "100.0", "0.1", "0.30000000000000004", "2.5", "4.35", "65504.0"),
    *("5e-324", "-5e-324", "4.9406564584124654e-324", "2.225073858507201e-308"),
    *("2.2250738585072014e-308", "1.7976931348623157e+308", "3.4028234663852886e+38"),
    *("1e15", "9999999999999998.0", "1e16", "1e17", "123456789012345680.0", "1E+2", "1e100"),
    *("0.0001", "1e-4", "9.999e-5", "1e-5", "5e-5", "123e-7", "0.00012345", "9.5367431640625e-07"),
    *("9007199254740993", "9007199254740993.0", "8.41e21", "1e22", "1e23", "2e-44"),
    # Halfway between two shortest texts, of which the even one is correct.
    *("141574569408857.625", "5.684341886080802e-14"),
    *("1e400", "-1e400", "1e-400"),
)
NO_NUMBERS = ("nan", "-nan", "NaN", "inf", "+inf", "-inf", "iNf", "Infinity", "-INFINITY")

# Each code point is in one block, and each block in two of the first texts.
BLOCK = 4096
BLOCKS = 0x110000 // BLOCK


class Text:
    """The options, the value as JSON, and its features."""

    def __init__(self, seed, index):
        self.random = random.Random(f"{seed}/{index}")
        self.choice = self.random.choice
        self.traits = set()
        self.comma = self.choice((",", ", ", " ,\t"))
        self.colon = self.choice((":", ": ", "\t:\r"))
        # Remaining number of values.
        self.left = self.choice((1, 5, 20, 60))
        self.options = self.some_options()
        self.value = self.block(index) if index < 2 * BLOCKS else self.some_value()

    def line(self):
        """The input line of `dumps`."""
        options = f'"options": {json.dumps(self.options)}, ' if self.options else ""
        return f'{{{options}"value": {self.value}}}'

    def python(self):
        """The value in Python."""
        return json.loads(self.value, object_hook=float_or_dict)

    def some_options(self):
        options = {name: self.chance(0.5) for name, odds in FLAGS.items() if self.chance(odds)}
        if self.chance(0.5):
            options["indent"] = self.choice(INDENTS)
        if self.chance(0.4):
            options["separators"] = self.choice(ITEM_SEPARATORS), self.choice(KEY_SEPARATORS)
        for name in ("separators", "default"):
            if self.chance(0.1):
                options.setdefault(name, None)
        return options

    def block(self, index):
        """All code points of a block, in a string and in a key."""
        self.traits.add("each code point in turn")
        self.options["ensure_ascii"] = index % 2 == 0
        first = index // 2 * BLOCK
        codes = (code for code in range(first, first + BLOCK) if not 0xD800 <= code < 0xE000)
        text = "".join(map(chr, codes))
        return self.array([self.quoted(text), self.object([(text, "0")])])

    def some_value(self):
        shape = self.random.random()
        if shape < 0.003:
            return self.deep()
        if shape < 0.006:
            return self.array([self.long(), self.object([(self.string(), self.long())])])
        return self.container(0) if shape < 0.9 else self.scalar()

    def deep(self):
        levels = self.choice((900, self.random.randint(100, 900)))
        self.traits.update(f"{least} levels" for least in (100, 900) if levels >= least)
        value = self.scalar()
        for _ in range(levels):
            opened, closed = self.choice(
                (("[", "]"), ('{"é":', "}"), ("[1,", ",[]]"), ('{"b":0,"a":', ',"":{}}'))
            )
            value = opened + value + closed
        return value

    def container(self, depth):
        count = self.choice((0, 1, 2, 3, 6, 20)) if depth < 8 else 0
        items = [self.item(depth + 1) for _ in range(count)]
        return self.array(items) if self.chance(0.5) else self.object(zip(self.keys(count), items))

    def item(self, depth):
        self.left -= 1
        return self.container(depth) if self.left > 0 and self.chance(0.4) else self.scalar()

    def keys(self, count):
        """The keys of one object: arbitrary, awkward, or with a common prefix."""
        start = self.choice((self.string(), "a" * 20))
        kinds = (self.string, lambda: self.choice(SORTED_KEYS), lambda: start + self.string()[:2])
        kind = self.choice(kinds)
        keys = [kind() for _ in range(count)]
        if len(set(keys)) < count:
            self.traits.add("equal keys")
        if sorted(keys) != sorted(keys, key=lambda key: key.encode("utf-16-be")):
            self.traits.add("keys in another order by UTF-16")
        # An object with only this key would be a float.
        return keys if set(keys) != {"$float"} else ["$"] * count

    def scalar(self):
        kind = self.random.random()
        if kind < 0.4:
            return self.quoted(self.string())
        if kind < 0.6:
            return self.integer()
        return self.real() if kind < 0.85 else self.choice(("null", "true", "false", "[]", "{}"))

    def integer(self):
        bits = self.random.getrandbits(self.random.randint(1, 130)) * self.choice((1, -1))
        value = self.choice((bits, self.choice(INTEGERS)))
        if not -(2**63) <= value < 2**64:
            self.traits.add("integer of more than 64 bits")
        return "-0" if value == 0 and self.chance(0.5) else str(value)

    def real(self):
        """A float, as a number or as an object with its text."""
        self.traits.add("float")
        text = self.digits()
        if float(text) - float(text) != 0:
            self.traits.add("float that is no number")
        as_number = text[-1].isdigit() and set(text) & set(".eE")
        if as_number and self.chance(0.5):
            return text
        return f'{{"$float"{self.colon}"{text}"}}'

    def digits(self):
        kind = self.random.random()
        if kind < 0.03:
            return self.choice(NO_NUMBERS)
        if kind < 0.3:
            return self.choice(FLOATS)
        if kind < 0.7:
            return repr(struct.unpack("<d", self.random.randbytes(8))[0])
        if kind < 0.85:
            return repr(float(self.random.getrandbits(self.random.randint(1, 70))))
        return repr(round(self.random.uniform(-1000, 1000), self.random.randint(0, 6)))

    def string(self):
        if self.chance(0.5):
            codes = self.codes(self.choice((0, 1, 2, 3, 8, 20, 60)))
        else:
            # A few special characters at any offset in the words that a fast encoder reads.
            codes = self.random.choices(PLAIN, k=self.random.randint(0, 80))
            for code in self.codes(self.choice((0, 0, 1, 2))):
                codes.insert(self.random.randint(0, len(codes)), code)
        if codes and max(codes) > 0xFFFF:
            self.traits.add("astral character")
        return "".join(map(chr, codes))

    def codes(self, count):
        kinds = self.random.choices(tuple(CHARACTERS), tuple(CHARACTERS.values()), k=count)
        return [self.choice(kind) for kind in kinds]

    def long(self):
        self.traits.add("string of 64 KiB")
        part = self.string() or "a"
        return self.quoted(part * (65536 // len(part) + 1) + self.string())

    def quoted(self, text):
        return json.dumps(text, ensure_ascii=self.chance(0.3))

    def chance(self, odds):
        return self.random.random() < odds

    def array(self, items):
        return f"[{self.comma.join(items)}]"

    def object(self, members):
        members = (f"{self.quoted(key)}{self.colon}{value}" for key, value in members)
        return f"{{{self.comma.join(members)}}}"


def float_or_dict(members):
    """Decodes an object, which may be a float."""
    text = members.get("$float")
    return float(text) if len(members) == 1 and isinstance(text, str) else members
