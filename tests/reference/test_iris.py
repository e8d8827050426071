import numpy as np

from reference import golden, iris


def test_the_rows_of_the_file():
    X, y, names = iris.load()
    assert X.shape == (150, 4)
    assert X.dtype == np.float64
    assert X[0].tolist() == [5.1, 3.5, 1.4, 0.2]
    assert y.shape == (150,)
    assert np.issubdtype(y.dtype, np.integer)
    assert names == ("setosa", "versicolor", "virginica")
    assert np.bincount(y).tolist() == [50, 50, 50]
    assert len(iris.FEATURES) == X.shape[1]


def test_every_call_returns_new_arrays():
    iris.load()[0][:] = 0
    assert iris.load()[0][0, 0] == 5.1


def test_the_split_trains_on_the_rows_r_trained_on():
    X, y, _ = iris.load()
    X_train, y_train, _, _ = iris.split()
    for n, row in enumerate(golden.read()["rows"][0]):
        assert X_train[n].tolist() == X[int(row) - 1].tolist()
        assert y_train[n] == y[int(row) - 1]


def test_the_split_is_disjoint_and_complete():
    X, y, _ = iris.load()
    X_train, y_train, X_test, y_test = iris.split()
    train = golden.read()["rows"][0].astype(int) - 1
    rest = [n for n in range(150) if n not in set(train)]
    assert len(set(train)) == 90
    assert len(rest) == 60
    assert np.array_equal(X_test, X[rest])
    assert np.array_equal(y_test, y[rest])
    # Two flowers of iris are equal in all measurements, so rows are compared as a sorted whole.
    both = np.column_stack([np.concatenate([X_train, X_test]), np.concatenate([y_train, y_test])])
    assert sorted(both.tolist()) == sorted(np.column_stack([X, y]).tolist())
