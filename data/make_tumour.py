"""Make ``tumour.npz`` and ``tumour.csv``: benign or malignant from two measured features, the logit of a classifier.

Source: the Breast Cancer Wisconsin (Diagnostic) table bundled with scikit-learn, a copy of the UCI one (W. N. Street,
W. H. Wolberg and O. L. Mangasarian, 1993; UCI states CC BY 4.0). Coordinates: ``worst radius`` and ``worst texture``
(the mean of the three largest values over the nuclei of an image, in the table's own units), each centred on its
mid-range and divided by a half-width, so that all 569 samples lie in the unit disc. Output: logit of P(malignant). Fit:
scikit-learn's MLPClassifier, one hidden layer, L-BFGS, on 70 % of the samples, stratified; it is tested on the others.
"""

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from _common import HERE, summary, write_csv
from radon_nn import ShallowNetwork, save

FEATURES = ("worst radius", "worst texture")
NEURONS, ALPHA, SEED = 24, 1e-2, 0


def main() -> None:
    table = load_breast_cancer()
    values = table.data[:, [list(table.feature_names).index(name) for name in FEATURES]]
    malignant = 1 - table.target
    centre = (values.max(axis=0) + values.min(axis=0)) / 2
    half_width = np.ptp(values, axis=0) / 2
    half_width *= np.linalg.norm((values - centre) / half_width, axis=1).max()
    half_width = np.ceil(half_width * 100) / 100
    X = (values - centre) / half_width
    train, test = train_test_split(np.arange(len(X)), test_size=0.3, stratify=malignant, random_state=SEED)

    model = MLPClassifier(
        hidden_layer_sizes=(NEURONS,), solver="lbfgs", alpha=ALPHA, tol=1e-6, max_iter=20_000, random_state=SEED
    )
    model.fit(X[train], malignant[train])
    (hidden, readout), (biases, constant) = model.coefs_, model.intercepts_
    net = ShallowNetwork(hidden.T.copy(), biases, readout.T.copy(), np.zeros((1, 2)), constant)
    probability = 1 / (1 + np.exp(-net(X)))
    assert np.allclose(probability, model.predict_proba(X)[:, 1])

    save(HERE / "tumour.npz", net)
    columns = {
        "x1": X[:, 0],
        "x2": X[:, 1],
        "y_malignant": malignant,
        "worst_radius": values[:, 0],
        "worst_texture": values[:, 1],
        "in_training_set": np.isin(np.arange(len(X)), train),
    }
    write_csv("tumour", columns, ["%.6f", "%.6f", "%d", "%.4g", "%.4g", "%d"])
    summary("tumour", net)
    print(f"  centre, half-width   {centre}, {half_width}")
    right = (net(X) > 0) == malignant
    log_loss = -np.log(np.where(malignant, probability, 1 - probability))
    for label, part in (("fitted", train), ("held out", test)):
        scores = f"accuracy {right[part].mean():.4f}, log loss {log_loss[part].mean():.4f}"
        print(f"  {label:<20} {scores}, {len(part)} samples")
    print(f"  iterations           {model.n_iter_}")


if __name__ == "__main__":
    main()
