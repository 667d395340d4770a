"""Why some operators of ONNX have no translation."""

from __future__ import annotations

_NAMES = {
    "it divides by a norm or a deviation of its input, which no sum of neurons does": (
        "LayerNormalization SimplifiedLayerNormalization SkipLayerNormalization RMSNormalization LRN Normalizer "
        "InstanceNormalization GroupNormalization LpNormalization MeanVarianceNormalization ReduceL1 ReduceL2"
    ),
    "it rounds its input to whole numbers, which makes a staircase; quantise the weights alone, or export the model "
    "before quantisation": (
        "QuantizeLinear DynamicQuantizeLinear QLinearMatMul MatMulInteger QGemm QAttention QLinearAdd QLinearMul "
        "QLinearConv ConvInteger DynamicQuantizeMatMul MatMulIntegerToFloat QLinearSigmoid QLinearLeakyRelu Round "
        "Floor Ceil"
    ),
    "its weights are packed by ONNX Runtime; export the model before quantisation": "MatMulNBits MatMulBnb4",
    "convolutions and pooling are not read, only dense layers are": (
        "Conv ConvTranspose FusedConv MaxPool AveragePool GlobalAveragePool GlobalMaxPool LpPool Pad Resize Upsample "
        "DepthToSpace SpaceToDepth"
    ),
    "recurrent layers and control flow are not read, only dense layers are": "LSTM GRU RNN If Loop Scan",
    "it multiplies functions of the input with each other, which no sum of neurons does": (
        "Attention MultiHeadAttention Einsum"
    ),
    "it jumps, which neurons of known activations do not": (
        "ArgMax ArgMin TopK Sign Less LessOrEqual GreaterOrEqual Equal Not And Or Xor NonZero Hardmax OneHot Binarizer "
        "TreeEnsembleClassifier TreeEnsembleRegressor LabelEncoder OneHotEncoder Mod"
    ),
    "no known activation of this package is that function": (
        "Softsign Mish Cos Tan Sinh Cosh Asin Acos Atan Asinh Acosh Atanh"
    ),
    "no sum of neurons of one activation is that function": "Pow ReduceMax ReduceMin ReduceProd ReduceLogSumExp",
}
REASONS = {name: reason for reason, names in _NAMES.items() for name in names.split()}
"""The reason by the operator's name."""
