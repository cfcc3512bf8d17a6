"""The thirteen findings: what training reads is what the service accepts."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Number:
    """A finding that is measured; the limits are what a living patient can have, wider than the training data."""

    about: str
    unit: str
    minimum: float
    maximum: float
    step: float | None = None


@dataclass(frozen=True)
class Choice:
    """A finding that is one of a few words; each word has the code that the tutorial's clients send for it."""

    about: str
    codes: dict[str, int]

    def word(self, value: str | int) -> str:
        """Return the word for a word or its code."""
        return value if isinstance(value, str) else {code: word for word, code in self.codes.items()}[value]


NUMBERS = {
    "age": Number("age", "years", 18, 110),
    "trestbps": Number("blood pressure at rest", "mmHg", 50, 300),
    "chol": Number("serum cholesterol", "mg/dl", 50, 1000),
    "thalach": Number("highest heart rate reached", "beats per minute", 30, 250),
    "oldpeak": Number("ST depression by exercise", "mm", 0, 10),
    "ca": Number("major vessels coloured by fluoroscopy", "vessels", 0, 3, step=1),
}
NO_YES = {"no": 0, "yes": 1}
CHOICES = {
    "sex": Choice("sex", {"female": 0, "male": 1}),
    "cp": Choice(
        "kind of chest pain",
        {"asymptomatic": 0, "atypical angina": 1, "non-anginal pain": 2, "typical angina": 3},
    ),
    "fbs": Choice("fasting blood sugar above 120 mg/dl", NO_YES),
    "restecg": Choice(
        "electrocardiogram at rest", {"left ventricular hypertrophy": 0, "normal": 1, "ST-T abnormality": 2}
    ),
    "exang": Choice("chest pain brought on by exercise", NO_YES),
    "slope": Choice("slope of the ST segment at peak exercise", {"downsloping": 0, "flat": 1, "upsloping": 2}),
    "thal": Choice("thallium scan", {"fixed defect": 1, "normal": 2, "reversible defect": 3}),
}
FEATURES: dict[str, Number | Choice] = NUMBERS | CHOICES
MAY_BE_UNKNOWN = ("ca", "thal")
"""Missing for some patients of the training data, so the model knows how to go on without them."""
CLASSES = ["clear", "heart-disease"]
