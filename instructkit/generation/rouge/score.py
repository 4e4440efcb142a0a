"""The score: F1 of ROUGE-L (Lin 2004), from the longest common subsequence (LCS) of two texts' tokens."""


def f1(common: int, tokens: int, others: int) -> float:
    """The F1 of an LCS of ``common`` tokens (1 or more), to the bit as rouge_score makes it of precision and recall."""
    precision, recall = common / tokens, common / others
    return 2 * precision * recall / (precision + recall)


def least_common(tokens: int, others: int, threshold: float) -> int:
    """The shortest LCS with which two texts' F1 is above the threshold; more tokens than one of them has if none is."""
    common = max(
        1, int(threshold * (tokens + others) / 2) - 1
    )  # F1 is 2 * common / (tokens + others), but for rounding
    while common <= min(tokens, others):
        precision, recall = common / tokens, common / others  # `f1` written out: `loops` compiles each by itself
        if 2 * precision * recall / (precision + recall) > threshold:
            break
        common += 1
    return common
