"""Files: what is saved is what is loaded; anything else is refused, whole files only, and nothing in them is run."""

import io
import os
import pickle
import signal
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from examples_of_networks import awkward_networks, random_network
from radon_nn import ShallowNetwork, load, save
from radon_nn._support.files import shipped, whole_file
from radon_nn.io import FORMAT, read
from radon_nn.readers.files.npz import read_npz

NETWORK = random_network(np.random.default_rng(0), 5, 2)
ARRAYS = {name: getattr(NETWORK, name) for name in ("weights", "biases", "readout", "skip", "constant")}


def npy(header: dict[str, object], data: bytes) -> bytes:
    """An npy file with any header."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, header)
    return stream.getvalue() + data


def npy_of(array: object) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.asarray(array))
    return stream.getvalue()


def archive(path: Path, **entries: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name in ("weights", "biases", "readout"):
            file.writestr(f"{name}.npy", entries.pop(name, npy_of(ARRAYS[name])))
        for name, content in entries.items():
            file.writestr(f"{name}.npy", content)
    return path


def refused(path: Path, said: str, error: type[Exception] = ValueError) -> None:
    """In one line that names the file and says what is wrong."""
    with pytest.raises(error, match=said) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(network=awkward_networks())
def test_round_trip_to_the_last_bit(tmp_path_factory: pytest.TempPathFactory, network: ShallowNetwork) -> None:
    path = tmp_path_factory.mktemp("networks") / "net.npz"
    save(path, network)
    assert load(path) == network
    assert os.listdir(path.parent) == ["net.npz"]


@pytest.mark.parametrize("name", ["net.npz", "net", "net.v2", ".hidden", "ünïcode name.npz"])
def test_the_file_has_the_name_asked_for(tmp_path: Path, name: str) -> None:
    save(str(tmp_path / name), NETWORK)
    assert os.listdir(tmp_path) == [name]
    assert load(str(tmp_path / name)) == NETWORK


def test_numpy_reads_what_was_saved(tmp_path: Path) -> None:
    save(tmp_path / "net.npz", NETWORK)
    with np.load(tmp_path / "net.npz") as file:
        assert str(file["format"]) == FORMAT == "radon_nn.ShallowNetwork/1"
        assert str(file["activation"]) == "relu"
        assert np.array_equal(file["weights"], NETWORK.weights)


def test_optional_arrays_may_be_missing(tmp_path: Path) -> None:
    required = {name: ARRAYS[name] for name in ("weights", "biases", "readout")}
    np.savez(tmp_path / "net.npz", **required)
    assert load(tmp_path / "net.npz") == ShallowNetwork(**required)
    np.savez(tmp_path / "net.npz", **required, constant=[2.5], activation="abs")
    assert load(tmp_path / "net.npz") == ShallowNetwork(**required, constant=[2.5], activation="abs")


@pytest.mark.parametrize("dtype", ["<f4", ">f8", "<i8", "|b1"])
def test_other_numbers_and_compression_are_read(tmp_path: Path, dtype: str) -> None:
    arrays = {name: np.asfortranarray((4 * array).astype(dtype)) for name, array in ARRAYS.items()}
    np.savez_compressed(tmp_path / "net.npz", **arrays)
    assert load(tmp_path / "net.npz") == ShallowNetwork(**arrays)


@pytest.mark.parametrize("name", ["terrain", "tumour", "topography_decay", "topography_nodecay"])
def test_shipped_networks_are_what_they_say(name: str) -> None:
    network = load(shipped(f"{name}.npz"))
    assert (network.dim, network.outputs, network.activation.name) == (2, 1, "relu")
    assert network.measure().rtv > 1


def test_shipped_says_what_is_not_there() -> None:
    with pytest.raises(FileNotFoundError, match=r"^nothing\.npz: expected the name of .*, one of .*terrain\.npz"):
        shipped("nothing.npz")


def test_missing_file(tmp_path: Path) -> None:
    refused(tmp_path / "none.npz", "no such file", FileNotFoundError)


def test_directory(tmp_path: Path) -> None:
    with pytest.raises((OSError, ValueError), match=r"(?i)directory|folder") as caught:
        load(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.npz"
    path.touch()
    refused(path, "expected an npz file, got 0 bytes")


@pytest.mark.parametrize("size", [1, 22, 100, 4096])
def test_random_bytes(tmp_path: Path, size: int) -> None:
    path = tmp_path / "noise.npz"
    path.write_bytes(np.random.default_rng(size).bytes(size))
    refused(path, f"expected an npz file, got {size} bytes")


def test_file_truncated_anywhere(tmp_path: Path) -> None:
    save(tmp_path / "net.npz", NETWORK)
    whole = (tmp_path / "net.npz").read_bytes()
    path = tmp_path / "cut.npz"
    for length in {*range(0, len(whole), 13), len(whole) - 1, len(whole) - 22}:
        path.write_bytes(whole[:length])
        refused(path, "expected an npz file|cannot be read")


@pytest.mark.parametrize("compressed", [False, True])
def test_one_damaged_byte_is_refused_or_harmless(tmp_path: Path, compressed: bool) -> None:
    """Whatever byte is hit, load raises what it documents, naming the file, or returns the same network."""
    stream = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(stream, **ARRAYS)
    whole = stream.getvalue()
    path = tmp_path / "hit.npz"
    harmless, leaked = 0, {}
    for at in range(0, len(whole), 3):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            if load(path) == NETWORK:
                harmless += 1
            else:
                leaked[at] = "another network"
        except (ValueError, MemoryError) as error:
            if str(path) not in str(error) or "\n" in str(error):
                leaked[at] = repr(error)
        except Exception as error:
            leaked[at] = repr(error)
    assert not leaked
    assert 0 < harmless < len(whole) / 6


def test_damaged_numbers_are_never_returned(tmp_path: Path) -> None:
    save(tmp_path / "net.npz", NETWORK)
    whole = (tmp_path / "net.npz").read_bytes()
    start = whole.index(NETWORK.weights.tobytes())
    for at in range(start, start + NETWORK.weights.nbytes, 5):
        (tmp_path / "net.npz").write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        refused(tmp_path / "net.npz", "'weights' cannot be read")


def test_zip_that_is_not_npz(tmp_path: Path) -> None:
    path = tmp_path / "letter.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("letter.txt", "Dear reader")
    refused(path, "expected arrays weights, biases, readout .*, got letter; write it with")
    with zipfile.ZipFile(path, "w"):
        pass
    refused(path, "expected arrays weights, biases, readout .*, got none")
    refused(archive(path, weights=b"Dear reader"), "array 'weights' cannot be read")


@pytest.mark.parametrize("name", ["weights", "biases", "readout"])
def test_missing_arrays(tmp_path: Path, name: str) -> None:
    path = tmp_path / "net.npz"
    np.savez(path, **{key: array for key, array in ARRAYS.items() if key != name})
    refused(path, "expected arrays weights, biases, readout")


def test_arrays_of_unknown_names_are_not_left_out_in_silence(tmp_path: Path) -> None:
    """A misspelt or damaged name of an optional array would give another function without a word."""
    required = {name: ARRAYS[name] for name in ("weights", "biases", "readout")}
    np.savez(tmp_path / "net.npz", **required, skpi=ARRAYS["skip"])
    refused(tmp_path / "net.npz", "skpi")


class Trap:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("name", ["weights", "constant", "activation", "format"])
@pytest.mark.parametrize("nested", [False, True])
def test_pickles_are_never_run(tmp_path: Path, name: str, nested: bool) -> None:
    sprung = tmp_path / "sprung"
    trap = np.empty((1,), [("a", object)] if nested else object)
    trap[0] = (Trap(sprung),) if nested else Trap(sprung)
    path = tmp_path / "net.npz"
    np.savez(path, **{**ARRAYS, name: trap})
    refused(path, f"'{name}' cannot be read .*Python objects")
    assert not sprung.exists()
    with np.load(path, allow_pickle=True) as file:
        file[name]
    assert sprung.exists()


def test_a_bare_pickle_is_never_run(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    path.write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    refused(path, "expected an npz file")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("shape", [(10**9, 2), (10**15, 2), (10**30,), (2**62, 4), (-1, 2), (7, 2)])
def test_shapes_larger_than_their_data_are_refused_before_allocation(tmp_path: Path, shape: tuple[int, ...]) -> None:
    header = {"descr": "<f8", "fortran_order": False, "shape": shape}
    path = archive(tmp_path / "net.npz", weights=npy(header, b"\0" * 96))
    refused(path, "'weights' cannot be read")


def test_shapes_of_things_without_size_are_refused(tmp_path: Path) -> None:
    """10^30 elements of no bytes fit any file."""
    header = {"descr": "|V0", "fortran_order": False, "shape": (10**30,)}
    refused(archive(tmp_path / "net.npz", weights=npy(header, b"")), "weights")


def test_sizes_beyond_memory_are_refused_before_reading(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    with zipfile.ZipFile(path, "w") as file:
        for name in ("weights", "biases", "readout"):
            file.writestr(f"{name}.npy", npy_of(ARRAYS[name]))
        file.filelist[0].file_size = 10**16
    refused(path, "GiB", MemoryError)


@pytest.mark.parametrize("version", ["radon_nn.ShallowNetwork/2", "", "something else"])
def test_another_format_is_refused(tmp_path: Path, version: str) -> None:
    np.savez(tmp_path / "net.npz", format=version, **ARRAYS)
    refused(tmp_path / "net.npz", f"expected format '{FORMAT}', got '{version}'")


@pytest.mark.parametrize(
    ("change", "said", "error"),
    [
        ({"weights": np.full((5, 2), np.nan)}, "weights: expected finite numbers, got 10 non-finite", ValueError),
        ({"biases": np.full(5, np.inf)}, "biases: expected finite numbers", ValueError),
        ({"biases": np.zeros(4)}, r"biases: expected .*\(5,\), got shape \(4,\)", ValueError),
        ({"readout": np.zeros((1, 4))}, r"readout: expected shape .*, got \(1, 4\)", ValueError),
        ({"weights": np.zeros((5, 2), complex)}, "weights: expected real numbers, got dtype complex128", TypeError),
        ({"weights": np.array(["a"])}, "weights: expected real numbers, got dtype <U1", TypeError),
        ({"activation": "swish"}, "activation: expected one of abs, .*truncated_power; got 'swish'", ValueError),
        ({"activation": np.array([1.0, 2.0])}, "activation: expected a name and numbers, such as .*, got", ValueError),
    ],
)
def test_contents_that_make_no_network(tmp_path: Path, change: dict, said: str, error: type[Exception]) -> None:
    np.savez(tmp_path / "net.npz", **{**ARRAYS, **change})
    refused(tmp_path / "net.npz", said, error)


def test_saving_into_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"the folder .*nowhere does not exist; make it first"):
        save(tmp_path / "nowhere" / "net.npz", NETWORK)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("accident", [OSError("disk full"), KeyboardInterrupt()])
@pytest.mark.parametrize("existing", [False, True])
def test_an_interrupted_save_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, accident: BaseException, existing: bool
) -> None:
    path = tmp_path / "net.npz"
    if existing:
        save(path, NETWORK)
    before = sorted(os.listdir(tmp_path))

    def half(stream: io.BufferedWriter, **arrays: np.ndarray) -> None:
        stream.write(b"half a file")
        raise accident

    monkeypatch.setattr(np, "savez", half)
    with pytest.raises(type(accident)):
        save(path, random_network(np.random.default_rng(1), 3, 2))
    assert sorted(os.listdir(tmp_path)) == before
    if existing:
        assert load(path) == NETWORK


def test_saving_replaces(tmp_path: Path) -> None:
    other = random_network(np.random.default_rng(1), 3, 4, 2)
    for network in (NETWORK, other):
        save(tmp_path / "net.npz", network)
    assert load(tmp_path / "net.npz") == other
    assert os.listdir(tmp_path) == ["net.npz"]


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX's")
@pytest.mark.parametrize("mask", [0o022, 0o027, 0o077])
def test_permissions_are_those_of_any_new_file(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        save(tmp_path / "net.npz", NETWORK)
        (tmp_path / "plain").touch()
    finally:
        os.umask(before)
    assert (tmp_path / "net.npz").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX's")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_an_existing_file_keeps_its_permissions(tmp_path: Path, mode: int) -> None:
    save(tmp_path / "net.npz", NETWORK)
    (tmp_path / "net.npz").chmod(mode)
    save(tmp_path / "net.npz", NETWORK)
    assert (tmp_path / "net.npz").stat().st_mode & 0o777 == mode


@pytest.mark.skipif(os.name != "posix", reason="links and signals are POSIX's")
class TestFoldersAsTheyAre:
    """Links, long names, pipes and signals."""

    @pytest.mark.parametrize("exists", [False, True])
    def test_a_link_stays_a_link(self, tmp_path: Path, exists: bool) -> None:
        (tmp_path / "there").mkdir()
        if exists:
            (tmp_path / "there" / "net.npz").touch()
        (tmp_path / "net.npz").symlink_to(tmp_path / "there" / "net.npz")
        save(tmp_path / "net.npz", NETWORK)
        assert (tmp_path / "net.npz").is_symlink()
        assert load(tmp_path / "there" / "net.npz") == NETWORK
        assert os.listdir(tmp_path / "there") == ["net.npz"]

    def test_a_circle_of_links(self, tmp_path: Path) -> None:
        (tmp_path / "net.npz").symlink_to(tmp_path / "net.npz")
        with pytest.raises(OSError, match="a circle of links"):
            save(tmp_path / "net.npz", NETWORK)
        assert (tmp_path / "net.npz").is_symlink()

    @pytest.mark.parametrize("length", [240, 251])
    def test_long_names(self, tmp_path: Path, length: int) -> None:
        path = tmp_path / ("x" * length + ".npz")
        save(path, NETWORK)
        assert load(path) == NETWORK

    def test_pipes_and_devices_are_neither_read_nor_written(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "net.npz")
        refused(tmp_path / "net.npz", "expected a network's file, got a pipe or a device")
        with pytest.raises(ValueError, match=r"^/dev/zero: expected a network's file, got a pipe or a device"):
            load("/dev/zero")
        with pytest.raises(OSError, match="expected the name of a plain file"):
            save(tmp_path / "net.npz", NETWORK)
        assert (tmp_path / "net.npz").is_fifo()

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
    def test_signals_leave_no_temporary_file(self, tmp_path: Path, number: signal.Signals) -> None:
        code = (
            "import os, sys; from radon_nn._support.files import whole_file\n"
            f"with whole_file({str(tmp_path / 'net.npz')!r}) as temporary:\n"
            "    temporary.write_bytes(b'half')\n"
            f"    os.kill(os.getpid(), {int(number)})\n"
            "    sys.exit(3)"
        )
        run = subprocess.run([sys.executable, "-c", code], check=False)
        assert run.returncode == -number
        assert os.listdir(tmp_path) == []

    def test_handlers_are_as_before_and_a_program_s_own_is_kept(self, tmp_path: Path) -> None:
        before = signal.getsignal(signal.SIGTERM)
        try:
            for handler in (signal.SIG_DFL, signal.SIG_IGN):
                signal.signal(signal.SIGTERM, handler)
                with whole_file(tmp_path / "a") as temporary:
                    assert (signal.getsignal(signal.SIGTERM) is handler) == (handler is signal.SIG_IGN)
                    temporary.touch()
                assert signal.getsignal(signal.SIGTERM) is handler
        finally:
            signal.signal(signal.SIGTERM, before)

    def test_the_umask_is_never_changed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Between two calls of os.umask another thread's new files would be open to all."""
        monkeypatch.delattr(os, "umask")
        save(tmp_path / "net.npz", NETWORK)


def test_headers_that_are_no_header(tmp_path: Path) -> None:
    """NumPy parses a header as Python: TokenError and SystemError came through."""
    for text in (
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2L,\n'''",
        "(" * 3000,
        "\0" * 9,
        "{'descr': '<f8'}",
    ):
        header = text.encode()
        data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + b"\0" * 16
        refused(archive(tmp_path / "net.npz", weights=data), "'weights' cannot be read")


@pytest.mark.parametrize("instead", [True, False])
def test_odd_spaces_in_a_header(tmp_path: Path, instead: bool) -> None:
    """0xA0, a space to a pattern of texts but not to Python's parser, which NumPy uses: inserted, or for a space."""
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1), }\n"
    for at in range(len(header)):
        if instead and header[at : at + 1] != b" ":
            continue
        changed = header[:at] + b"\xa0" + header[at + instead :]
        data = b"\x93NUMPY\x01\x00" + len(changed).to_bytes(2, "little") + changed + b"\0" * 16
        path = archive(tmp_path / "net.npz", weights=data)
        with np.load(path) as file, pytest.raises(ValueError, match=r".+"):
            file["weights"]
        refused(path, "'weights' cannot be read")


# Of files of Python 2 NumPy says so.
@pytest.mark.filterwarnings("ignore:Reading `.npy`")
def test_shapes_in_a_header(tmp_path: Path) -> None:
    """What is read is what NumPy reads, and no more: two lengths without a comma between them were read."""
    plain = ["()", "(2,)", "(2, 1)", "(2,1,)", "( 2 , 1 )", "(2L, 1L)", "(00,)"]
    odd = ["(2  1)", "(2 1,)", "(2)", "(2,,1)", "(02,)", "(,)", "(,2)", "(2, 1 1)", "(2_0,)", "(-2,)", "(2.,)", "[2]"]
    for shape in (*plain, *odd, "(2,) ", "((2,))", "2,"):
        header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
        numbers = {"()": 1, "(00,)": 0}.get(shape, 2)
        data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(numbers)
        path = archive(tmp_path / "net.npz", a=data)
        if shape in plain:
            with np.load(path) as file:
                assert read_npz(path)["a"].shape == file["a"].shape
        else:
            refused(path, "'a' cannot be read")


def test_npy_of_every_version_and_order_is_what_numpy_reads(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for shape in ((3, 2), (4,), (), (0, 5), (2, 1, 3)):
        for dtype in ("<f4", ">f8", "<i2", "|b1", "<U3"):
            for version in ((1, 0), (2, 0), (3, 0)):
                array = np.asfortranarray(rng.integers(0, 2, shape).astype(dtype))
                stream = io.BytesIO()
                np.lib.format.write_array(stream, array, version)
                with zipfile.ZipFile(tmp_path / "one.npz", "w") as file:
                    file.writestr("a.npy", stream.getvalue())
                found = read_npz(tmp_path / "one.npz")["a"]
                assert found.dtype == array.dtype
                assert np.array_equal(found, array)


def test_texts_that_are_no_characters(tmp_path: Path) -> None:
    """Python raised SystemError where such a text was read."""
    header = {"descr": "<U4", "fortran_order": False, "shape": ()}
    refused(archive(tmp_path / "net.npz", activation=npy(header, b"\xff" * 16)), "'activation' cannot be read")


@pytest.mark.parametrize("kind", ["data.pkl", ".npy"])
def test_mutated_contents_with_right_checksums(tmp_path: Path, kind: str) -> None:
    """Random changes of a pickle, of headers and of numbers: read, or refused in one printable line."""
    rng = np.random.default_rng(0)
    suffix = ".pt" if kind == "data.pkl" else ".npz"
    path, out = tmp_path / f"net{suffix}", tmp_path / f"out{suffix}"
    if kind == "data.pkl":
        torch = pytest.importorskip("torch")
        torch.save({f"{k}.weight": torch.ones(3, 3) for k in range(2)}, path)
    else:
        save(path, NETWORK)
    with zipfile.ZipFile(path) as file:
        content = {name: file.read(name) for name in file.namelist()}
    said: list[str] = []
    for _ in range(300):
        chosen = str(rng.choice([name for name in content if name.endswith(kind)]))
        data = bytearray(content[chosen])
        for _ in range(rng.integers(1, 4)):
            at = int(rng.integers(min(len(data), 300)))
            if rng.random() < 0.6:
                data[at] = rng.integers(256)
            elif rng.random() < 0.5:
                del data[at : at + int(rng.integers(1, 9))]
            else:
                data[at:at] = rng.bytes(4)
        with zipfile.ZipFile(out, "w") as file:
            for name, part in content.items():
                file.writestr(name, bytes(data) if name == chosen else part)
        try:
            load(out, **({"activation": "relu"} if kind == "data.pkl" else {}))
        except (ValueError, TypeError, MemoryError) as error:
            said.append(str(error))
    assert len(said) > 100
    assert all(str(out) in line and line.isprintable() for line in said)


def test_a_member_given_twice(tmp_path: Path) -> None:
    path = archive(tmp_path / "net.npz")
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "a") as file:
        file.writestr("biases.npy", npy_of(ARRAYS["biases"] + 1))
    refused(path, "member 'biases.npy' is given twice")


def test_many_small_members_that_swell_together(tmp_path: Path) -> None:
    """Each below 16 MiB, a thousandfold: refused before the first is read."""
    path = tmp_path / "net.npz"
    zeros = npy_of(np.zeros(2**20))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for k in range(40):
            file.writestr(f"{k}.npy", zeros)
    tracemalloc.start()
    refused(path, r"expected members compressed at most 100-fold, got .* bytes in all")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * path.stat().st_size


def test_names_from_a_file_cannot_command_the_terminal(tmp_path: Path) -> None:
    np.savez(tmp_path / "net.npz", **{"a\x1b]0;title\x07.weight": np.ones((2, 2)), "gain\x1b[2J": np.ones(3)})
    refused(tmp_path / "net.npz", r"got also gain\\x1b\[2J \(3,\)")
    path = tmp_path / "good.npz"
    np.savez(path, **{"a\x1b[2J.0.weight": np.ones((3, 2)), "a\x1b[2J.1.weight": np.ones((1, 3))})
    notes = read(path, activation="relu", layout="out_in").notes
    assert all(note.isprintable() for note in notes)


def test_whole_file_appears_at_the_end_of_the_block(tmp_path: Path) -> None:
    target = tmp_path / "report.txt"
    with whole_file(target) as temporary:
        temporary.write_text("done")
        assert not target.exists()
        assert temporary.parent == target.parent
        assert temporary.suffix == target.suffix
    assert target.read_text() == "done"
    assert os.listdir(tmp_path) == ["report.txt"]


@pytest.mark.parametrize("name", ["net.pt", "net.onnx", "net.keras", "net.h5", "net.pkl"])
def test_names_of_other_formats_are_not_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"expected a name ending in \.npz or \.safetensors, got \."):
        save(tmp_path / name, NETWORK)
    assert os.listdir(tmp_path) == []


def test_only_networks_are_saved(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"^save: expected the path of a file, got ShallowNetwork; write save"):
        save(NETWORK, "net.npz")  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "said"), [("net.h5", "HDF5"), ("net.pkl", "pickle"), ("net.joblib", "pickle")])
def test_kinds_that_are_not_read_say_what_is(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / name).write_bytes(b"something")
    refused(tmp_path / name, f"expected npz, safetensors, keras, h5, onnx, nnet, pt or pt2, got .*{said}|{said}")
