"""Five architectures for one question: does this clip hold the target class?

    clips      recordings -> clips of a second, with and without the target, mixed at random ratios
    store      clips prepared once, in shards on disk
    features   a clip's table of rows: raw sound, or spectrum and time-domain figures
    augment    what may happen to a clip while it is learned from
    tfrecord, audioset    AudioSet's embeddings in place of clips
    settings   what one training is, and the grid that is searched
    nets       linear, 1-D and 2-D convolution, LSTM, transformer
    fit        one training
    published  the first study's figures
    search     many trainings, stored on disk, tuned by Optuna
    tables     the study's beside ours
    __main__   the command: python -m training.studies.five

docs/five-architectures.md has the results.
"""
