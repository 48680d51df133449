"""Language codes as callers write them, and the names by which a language is refused. Source: ISO 639, BCP 47."""

from __future__ import annotations

from collections.abc import Collection

NAMES = {
    "af": "Afrikaans", "am": "Amharic", "ar": "Arabic", "as": "Assamese", "az": "Azerbaijani", "be": "Belarusian",
    "bg": "Bulgarian", "bn": "Bengali", "bs": "Bosnian", "ca": "Catalan", "ceb": "Cebuano", "cs": "Czech",
    "cy": "Welsh", "da": "Danish", "de": "German", "el": "Greek", "en": "English", "eo": "Esperanto", "es": "Spanish",
    "et": "Estonian", "eu": "Basque", "fa": "Persian", "fi": "Finnish", "fr": "French", "ga": "Irish",
    "gl": "Galician", "gu": "Gujarati", "ha": "Hausa", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian",
    "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian", "ig": "Igbo", "is": "Icelandic", "it": "Italian",
    "ja": "Japanese", "jv": "Javanese", "ka": "Georgian", "kk": "Kazakh", "km": "Khmer", "kn": "Kannada",
    "ko": "Korean", "ku": "Kurdish", "ky": "Kyrgyz", "lo": "Lao", "lt": "Lithuanian", "lv": "Latvian",
    "mk": "Macedonian", "ml": "Malayalam", "mn": "Mongolian", "mr": "Marathi", "ms": "Malay", "mt": "Maltese",
    "my": "Burmese", "ne": "Nepali", "nl": "Dutch", "no": "Norwegian", "or": "Odia", "pa": "Punjabi", "pl": "Polish",
    "ps": "Pashto", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "si": "Sinhala", "sk": "Slovak",
    "sl": "Slovenian", "so": "Somali", "sq": "Albanian", "sr": "Serbian", "su": "Sundanese", "sv": "Swedish",
    "sw": "Swahili", "ta": "Tamil", "te": "Telugu", "tg": "Tajik", "th": "Thai", "tl": "Tagalog", "tr": "Turkish",
    "uk": "Ukrainian", "ur": "Urdu", "uz": "Uzbek", "vi": "Vietnamese", "xh": "Xhosa", "yi": "Yiddish",
    "yo": "Yoruba", "zh": "Chinese", "zu": "Zulu",
}  # fmt: skip
_OTHER_CODES = {"fil": "tl", "iw": "he", "in": "id", "ji": "yi", "jw": "jv", "zh-hk": "yue", "zh-mo": "yue"}


def find_language(language: str, known: Collection[str]) -> str | None:
    """The code of `known` (lower case) that serves `language`, region and script left off where need be; None: none.

    >>> find_language("pt-PT", {"pt", "pt-pt"}), find_language("de_AT", {"de"}), find_language("yo", {"de"})
    ('pt-pt', 'de', None)
    """
    code = language.lower().replace("_", "-")
    while code:
        for candidate in (code, _OTHER_CODES.get(code)):
            if candidate is not None and candidate in known:
                return candidate
        code = code.rpartition("-")[0]
    return None


def language_name(language: str) -> str:
    """What to call a language in a message: its English name and the code, or the code alone.

    >>> language_name("yo"), language_name("xx")
    ("Yoruba ('yo')", "'xx'")
    """
    code = language.lower().replace("_", "-").split("-")[0]
    name = NAMES.get(_OTHER_CODES.get(code, code))
    return f"{name} ({language!r})" if name else repr(language)
