import sys

from snakemake.utils import min_version

min_version("9.27")
# Of this folder, also where another workflow uses this one as a module.
sys.path.insert(0, f"{workflow.current_basedir}/workflow")

from marey.experiment.config_files import default_file


configfile: default_file(checked=workflow.is_main_process)


report: "workflow/report/workflow.rst"


include: "rules/common.smk"


pathvars:
    results=f"results/{EXPERIMENT['project']}",
    logs="<results>/logs",
    benchmarks="<results>/benchmarks",


include: "rules/params.smk"
include: "rules/inputs_videos.smk"
include: "rules/inputs_labels.smk"
include: "rules/inputs_models.smk"
include: "rules/inputs_labelling.smk"
include: "rules/videos.smk"
include: "rules/labelling.smk"
include: "rules/labels.smk"
include: f"rules/{TRAINING}.smk"
include: "rules/models.smk"
include: "rules/inference.smk"
include: "rules/assembly.smk"
include: "rules/recognition.smk"
include: "rules/tracking.smk"
include: "rules/evaluation.smk"
include: "rules/views.smk"
include: "rules/exports.smk"
include: "rules/plots_labels.smk"
include: "rules/plots_models.smk"


for name in OPTIONAL:

    include: f"rules/{name}.smk"


include: "rules/running.smk"
include: "rules/targets.smk"


rule all:
    default_target: True
    input:
        fixed_targets,
        planned_targets,
