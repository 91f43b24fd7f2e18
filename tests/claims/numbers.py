"""Every number that the review prints, in the order of its text, and the claim that holds it.

Written by reading the review, not by listing the catalog. A row gives a section, the number
or range as printed, how it is to be read, and the ids of the claims: ``%`` a percentage, ``x`` as
it stands, ``y`` a horizon in years, ``+%`` so much more (a ratio), ``mL`` part of a unit.
"""

from __future__ import annotations

from typing import NamedTuple


class Figure(NamedTuple):
    """A printed number, or range, and the claims that hold it."""

    section: str
    printed: tuple[float, ...]
    reading: str
    claims: tuple[str, ...]


_TABLE = """
1 | 90 | % | s1_failures_from_resistance_treatment_failure_share
1 | 5 | y | s1_her2_targeted_survival_rate
1 | 30 | +% | s1_her2_targeted_survival_rate
1 | 40 60 | % | s1_checkpoint_melanoma_orr
2 | 10 100 | x | s2_abcb1_resistant_cells_fold_change
2 | 20 30 | % | s2_abcb1_positive_orr
2 | 50 60 | % | s2_abcb1_negative_orr
2 | 30 | +% | s2_cyp3a4_paclitaxel_degradation
2 | 50 60 | % | s2_t790m_incidence
2 | 8 12 | x | s2_t790m_onset
2 | 2 5 | x | s2_bcl2_lymphoma_fold_change
2 | 5 | % | s2_csc_high_cutoff
2 | 15 20 | % | s2_csc_high_orr
2 | 1 | % | s2_csc_low_cutoff
2 | 45 50 | % | s2_csc_low_orr
2 | 10 20 | % | s2_gemcitabine_penetration
3 | 35 | % | s3_paclitaxel_zosuquidar_orr
3 | 15 | % | s3_abcb1_positive_paclitaxel_orr
3 | 2 3 | x | s3_elacridar_doxorubicin_fold_change
3 | 60 70 | % | s3_osimertinib_orr
3 | 10 12 | x | s3_osimertinib_median_pfs
3 | 80 90 | % | s3_venetoclax_orr
3 | 40 50 | % | s3_venetoclax_cr
3 | 30 40 | % | s3_venetoclax_del17p_cr
3 | 14.7 | x | s3_azacitidine_venetoclax_median_os
3 | 9.6 | x | s3_azacitidine_median_os
3 | 2 3 | x | s3_bivatuzumab_sensitivity_fold_change
3 | 8 | % | s3_csc_before_lgk974_fraction_level
3 | 2 | % | s3_csc_after_lgk974_fraction_level
3 | 45 | % | s3_paclitaxel_lgk974_orr
3 | 25 | % | s3_breast_paclitaxel_orr
4 | 12 | x | s4_ac_median_pfs
4 | 15 | x | s4_dose_dense_ac_median_pfs
4 | 50 | % | s4_ac_orr
4 | 65 | % | s4_dose_dense_ac_orr
4 | 3 | y | s4_ac_survival_rate s4_dose_dense_ac_survival_rate
4 | 75 | % | s4_ac_survival_rate
4 | 82 | % | s4_dose_dense_ac_survival_rate
4 | 60 | % | s4_chop_cr
4 | 75 | % | s4_dose_dense_chop_cr
4 | 5 | y | s4_chop_survival_rate s4_dose_dense_chop_survival_rate
4 | 65 | % | s4_chop_survival_rate
4 | 78 | % | s4_dose_dense_chop_survival_rate
4 | 6 12 | x | s4_etoposide_platinum_relapse_onset
4 | 5.2 | x | s4_etoposide_platinum_median_pfs
4 | 8.5 | x | s4_ep_ip_alternating_median_pfs
4 | 10.5 | x | s4_etoposide_platinum_median_os
4 | 14.2 | x | s4_ep_ip_alternating_median_os
4 | 85 | % | s4_etoposide_platinum_relapse_rate
4 | 60 | % | s4_ep_ip_alternating_relapse_rate
4 | 18 | x | s4_ovarian_platinum_taxane_median_pfs
4 | 24 | x | s4_ovarian_taxane_alternating_median_pfs
4 | 30 40 | % | s4_her2_paclitaxel_orr
4 | 60 70 | % | s4_paclitaxel_trastuzumab_orr
4 | 6 | x | s4_her2_paclitaxel_median_pfs
4 | 12 | x | s4_paclitaxel_trastuzumab_median_pfs
4 | 3 | y | s4_her2_paclitaxel_survival_rate s4_paclitaxel_trastuzumab_survival_rate
4 | 65 | % | s4_her2_paclitaxel_survival_rate
4 | 80 | % | s4_paclitaxel_trastuzumab_survival_rate
4 | 45 | % | s4_kras_wt_folfox_orr
4 | 65 | % | s4_kras_wt_folfox_cetuximab_orr
4 | 8 | x | s4_kras_wt_folfox_median_pfs
4 | 12 | x | s4_kras_wt_folfox_cetuximab_median_pfs
4 | 15 20 | % | s4_folfox_resistant_cetuximab_orr
4 | 30 | % | s4_nsclc_platinum_taxane_orr
4 | 50 | % | s4_platinum_taxane_bevacizumab_orr
4 | 6 | x | s4_nsclc_platinum_taxane_median_pfs
4 | 9 | x | s4_platinum_taxane_bevacizumab_median_pfs
4 | 12 | x | s4_nsclc_platinum_taxane_median_os
4 | 15 | x | s4_platinum_taxane_bevacizumab_median_os
4 | 7 | x | s4_folfiri_median_pfs
4 | 10 | x | s4_folfiri_bevacizumab_median_pfs
4 | 15 | x | s4_folfiri_median_os
4 | 20 | x | s4_folfiri_bevacizumab_median_os
5 | 50 | % | s5_braf_sensitive_orr
5 | 6 9 | x | s5_braf_inhibitor_onset
5 | 50 | % | s5_braf_inhibitor_orr
5 | 70 | % | s5_braf_inhibitor_pd1_orr
5 | 6 | x | s5_braf_inhibitor_median_pfs
5 | 15 | x | s5_braf_inhibitor_pd1_median_pfs
5 | 3 | y | s5_braf_inhibitor_survival_rate s5_braf_inhibitor_pd1_survival_rate
5 | 40 | % | s5_braf_inhibitor_survival_rate
5 | 60 | % | s5_braf_inhibitor_pd1_survival_rate
5 | 20 30 | % | s5_checkpoint_egfr_resistant_orr
5 | 50 | x | s5_pdl1_high_cutoff
5 | 40 50 | % | s5_checkpoint_pdl1_high_orr
5 | 10 12 | x | s5_checkpoint_egfr_resistant_median_os
5 | 10 | x | s5_sclc_chemotherapy_median_os
5 | 12 | x | s5_sclc_chemotherapy_pdl1_median_os
5 | 1 | y | s5_sclc_chemotherapy_survival_rate s5_sclc_chemotherapy_pdl1_survival_rate
5 | 30 | % | s5_sclc_chemotherapy_survival_rate
5 | 50 | % | s5_sclc_chemotherapy_pdl1_survival_rate
5 | 90 95 | % | s5_cd19_car_t_all_orr
5 | 80 85 | % | s5_cd19_car_t_all_cr
5 | 50 60 | % | s5_cd19_car_t_all_disease_free_rate
5 | 70 80 | % | s5_cd19_car_t_dlbcl_orr
5 | 40 50 | % | s5_cd19_car_t_dlbcl_cr
5 | 12 15 | x | s5_cd19_car_t_dlbcl_median_os
5 | 70 80 | % | s5_cd22_car_t_orr
5 | 30 40 | % | s5_nsclc_platinum_taxane_orr
5 | 60 70 | % | s5_platinum_taxane_pd1_orr
5 | 12 15 | x | s5_nsclc_platinum_taxane_median_os
5 | 20 24 | x | s5_platinum_taxane_pd1_median_os
5 | 40 | % | s5_ctla4_inhibitor_orr
5 | 60 | % | s5_radiotherapy_ctla4_orr
5 | 10 | % | s5_ctla4_inhibitor_abscopal_rate
5 | 30 | % | s5_radiotherapy_ctla4_abscopal_rate
5 | 10 | % | s5_csc_before_pd1_fraction_level
5 | 2 | % | s5_csc_after_pd1_fraction_level
5 | 80 | % | s5_control_pd1_relapse_rate
5 | 30 | % | s5_pd1_preclinical_relapse_rate
6 | 60 70 | % | s6_matched_targeted_orr
6 | 10 15 | x | s6_matched_targeted_median_pfs
6 | 40 | % | s6_ras_wt_folfox_orr
6 | 60 | % | s6_ras_wt_folfox_cetuximab_orr
6 | 15 | x | s6_ras_wt_folfox_median_os
6 | 20 | x | s6_ras_wt_folfox_cetuximab_median_os
6 | 2 6 | x | s6_ctdna_t790m_lead_time
6 | 5 | x | s6_ctc_cutoff
6 | 7.5 | mL | s6_ctc_cutoff
6 | 20 | % | s6_ctc_high_orr
6 | 10 | x | s6_ctc_high_median_os
6 | 15 | % | s6_mir21_high_orr
6 | 45 | % | s6_mir21_low_orr
6 | 20 | % | s6_brca_ovarian_chemotherapy_orr
6 | 45 | % | s6_brca_ovarian_chemotherapy_inhibitors_orr
6 | 35 45 | % | s6_myc_inhibitor_orr
6 | 0.01 0.1 | % | s6_ctdna_detection_limit
6 | 3 5 | x | s6_ctdna_turnaround
6 | 2 3 | x | s6_monitoring_interval
6 | 6 10 | x | s6_monitoring_os_gain
"""

#: Two intervals that the review spells in words: weeks between doses.
_IN_WORDS = """
4 | 3 | x | s4_conventional_schedule_interval
4 | 2 | x | s4_dose_dense_schedule_interval
"""


def _rows(table: str) -> tuple[Figure, ...]:
    rows = (line.split(" | ") for line in table.strip().splitlines())
    return tuple(
        Figure(section, tuple(float(n) for n in printed.split()), reading, tuple(ids.split()))
        for section, printed, reading, ids in rows
    )


PRINTED = _rows(_TABLE)
FIGURES = (*PRINTED, *_rows(_IN_WORDS))
