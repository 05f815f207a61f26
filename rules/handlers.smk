"""What happens at the start and at the end of a run."""


def write_report():
    """Write `report.html` from whatever there is, after a run that was asked for no single targets, failed or not."""
    if set(workflow.dag_settings.targets) - {"all"}:
        return
    from marey.views import report

    try:
        folder = places.results(EXPERIMENT["project"])
        say = partial(print, file=sys.stderr)
        page = report.write_report(EXPERIMENT, VIDEOS, folder, say=say)
        print(f"Report: {page}", file=sys.stderr)
        if not LABELLED:
            for kit in filter(Path.exists, map(Path, filled(TO_LABEL_IN))):
                print(f"Label, in a browser: {kit}", file=sys.stderr)
    except Exception as error:  # whatever it is, the run has ended as it has
        print(f"No report: {type(error).__name__}: {error}", file=sys.stderr)


onstart:
    if not workflow.deployment_settings.deployment_method:
        sessions.check_opencv(EXPERIMENT)
    CODE.save()  # jobs of a cluster read it
    scheduling.one_alarm(workflow.scheduler)
    console.show_jobs(workflow)


onsuccess:
    write_report()


onerror:
    write_report()
