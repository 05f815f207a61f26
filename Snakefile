import os
import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.27")


configfile: "config/config.yaml"


# Serves rules, local scripts and cluster jobs alike: scripts inherit the search path of the process that parsed this.
sys.path.insert(0, str(Path(workflow.basedir, "workflow")))
# Jobs inherit this too, and the C library reads it only as a process starts. Large arrays get huge pages: a training
# step on the CPU has 1000 page faults instead of 200000, and takes a quarter less time.
os.environ.setdefault("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")


report: "workflow/report/workflow.rst"


include: "rules/common.smk"


pathvars:
    results=f"results/{EXPERIMENT['project']}",
    logs=f"results/{EXPERIMENT['project']}/logs",
    benchmarks=f"results/{EXPERIMENT['project']}/benchmarks",


include: "rules/videos.smk"
include: "rules/labelling.smk"
include: "rules/labels.smk"
include: f"rules/{'training_together' if EXPERIMENT['train']['together'] else 'training'}.smk"
include: "rules/models.smk"
include: "rules/inference.smk"
include: "rules/assembly.smk"
include: "rules/tracking.smk"
include: "rules/evaluation.smk"
include: "rules/views.smk"
include: "rules/plots.smk"
include: "rules/running.smk"
include: "rules/targets.smk"


rule all:
    default_target: True
    input:
        fixed_targets,
        planned_targets,


onstart:
    # Where the mistyped name of a profile shows: Snakemake ignores it.
    print(f"Executor: {workflow.executor_plugin.name}", file=sys.stderr)
    scheduling.one_alarm(workflow.scheduler)


onsuccess:
    write_report()
