"""Energy and CO2 of a run: measured on this machine, or estimated by a documented formula.

    meters.py      watches this machine from the first question to the last answer
    nvml.py rapl.py cpu.py carbon.py     what it reads: one way to measure each
    estimate.py    formulas for models that answer elsewhere
    sizes.py       how large a model is, by its name
    intensity.py   grams of CO2 per kWh, by place

Every number carries its method, a range where it is no measurement, and the intensity with its date
and source: see docs/energy.md. `julja.run.energy` joins them with runs.
"""
