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
    report      our tables beside the published ones, as text, JSON and pictures

``python -m training.studies.swishnet`` runs everything; docs/swishnet.md lists what differs from the published.
"""
