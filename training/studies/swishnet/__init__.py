"""SwishNet's published protocol: recordings to clips, clips to a network, a network to a table.

    recordings  MUSAN, GTZAN's music/speech set, or a manifest: who is in which part
    clean       silence removed, loudness made even
    log_mmse    noise suppressed (for GTZAN)
    store       MFCC frames of every recording on disk, prepared once
    clips       stretches of those frames, half of each in the next
    settings    every setting, with the published value as its default
    fit         one training, early stopping, resumable
    teacher     a bigger network to distil from
    judge       accuracies, confusions, recalls
    published   the tables that others have published
    report      ours beside them, as text, JSON and pictures

``python -m training.studies.swishnet`` runs all of it; docs/swishnet.md says where it differs from what was published.
"""
