"""
scikit-learn estimators of networks that are globally optimal over all widths, with certificates.

Imported by name, `from radon_nn.estimators import RTVClassifier`, since they need scikit-learn: the extra `sklearn`.
"""

try:
    import sklearn as _sklearn  # noqa: F401
except ImportError as error:
    raise ImportError(
        "radon_nn.estimators: expected scikit-learn to be installed, got none; pip install 'radon-nn[sklearn]'"
    ) from error

from radon_nn.estimators._base import Bound
from radon_nn.estimators.classifiers import RTVClassifier, RTVClassifierCV
from radon_nn.estimators.regressors import RTVRegressor, RTVRegressorCV

__all__ = ["Bound", "RTVClassifier", "RTVClassifierCV", "RTVRegressor", "RTVRegressorCV"]
