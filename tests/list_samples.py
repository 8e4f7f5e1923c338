"""Small invented lists, each in the exact layout of its publisher. Every person, ship and company in them is made up."""

from __future__ import annotations

import json

OFAC_SET = {
    "SDN.CSV": (
        b'101,"VORONOVSKY, Grigor","individual","CYBER2] [SDGT","Dr.",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"DOB 14 Mar 1971; alt. DOB circa 1972; POB Pskov, Russia; nationality Russia; alt. nationality Cyprus; Gender Male; Passport FX4410021 (Cyprus) issued 02 Jan 2015 expires 01 Jan 2025; Tax ID No. 771234567890 (Russia); Website www.example.org; a.k.a. \'GREYCROW\'; a.k.a. \'OLD \'N\' GREY\'; Digital Currency Address - XBT 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa."\r\n'
        b'102,"NIGHTJAR ONE","vessel","IRAN",-0- ,"T2EU4","Tanker","1","2","Panama","Nobody",'
        b'"Vessel Registration Identification IMO 9000001; MMSI 123456789."\r\n\x1a'
    ),
    "ALT.CSV": b'101,7,"fka","VORONOWSKI, Gregor",-0- \r\n\x1a',
    "ADD.CSV": b'101,9,"1 Quay","Limassol","Cyprus",-0- \r\n101,10,-0- ,-0- ,"Atlantis",-0- \r\n\x1a',
    "SDN_COMMENTS.CSV": b"101,\"a.k.a. 'IRONFERRY'.\"\r\n\x1a",
}

SDN_XML = b"""<?xml version="1.0" standalone="yes"?>
<sdnList xmlns="http://tempuri.org/sdnList.xsd">
  <publshInformation><Publish_Date>11/20/2026</Publish_Date><Record_Count>1</Record_Count></publshInformation>
  <sdnEntry><uid>101</uid><firstName>Grigor</firstName><lastName>VORONOVSKY</lastName><sdnType>Individual</sdnType>
    <programList><program>CYBER2</program></programList>
    <idList><id><uid>1</uid><idType>Passport</idType><idNumber>FX4410021</idNumber><idCountry>Cyprus</idCountry></id>
      <id><uid>2</uid><idType>Gender</idType><idNumber>Male</idNumber></id></idList>
    <akaList><aka><uid>3</uid><type>a.k.a.</type><category>weak</category><lastName>GREYCROW</lastName></aka></akaList>
    <dateOfBirthList><dateOfBirthItem><uid>4</uid><dateOfBirth>circa 1971</dateOfBirth></dateOfBirthItem></dateOfBirthList>
    <nationalityList><nationality><uid>5</uid><country>Russia</country></nationality></nationalityList>
    <favouriteColour>grey</favouriteColour>
  </sdnEntry>
</sdnList>"""

SDN_ADVANCED = """<?xml version="1.0" encoding="utf-8"?>
<Sanctions xmlns="https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/ADVANCED_XML" Version="3">
  <DateOfIssue CalendarTypeID="1"><Year>2026</Year><Month>11</Month><Day>20</Day></DateOfIssue>
  <ReferenceValueSets>
    <AliasTypeValues><AliasType ID="1403">Name</AliasType><AliasType ID="1400">A.K.A.</AliasType></AliasTypeValues>
    <CountryValues><Country ID="11082" ISO2="RU">Russia</Country><Country ID="11077">Cyprus</Country></CountryValues>
    <DetailReferenceValues><DetailReference ID="91526">Male</DetailReference></DetailReferenceValues>
    <FeatureTypeValues><FeatureType ID="8" FeatureTypeGroupID="1">Birthdate</FeatureType>
      <FeatureType ID="9" FeatureTypeGroupID="1">Place of Birth</FeatureType>
      <FeatureType ID="10" FeatureTypeGroupID="1">Nationality Country</FeatureType>
      <FeatureType ID="25" FeatureTypeGroupID="1">Location</FeatureType>
      <FeatureType ID="224" FeatureTypeGroupID="1">Gender</FeatureType>
      <FeatureType ID="344" FeatureTypeGroupID="1">Digital Currency Address - XBT</FeatureType></FeatureTypeValues>
    <IDRegDocTypeValues><IDRegDocType ID="1571">Passport</IDRegDocType></IDRegDocTypeValues>
    <ListValues><List ID="1550">SDN List</List></ListValues>
    <NamePartTypeValues><NamePartType ID="1520">Last Name</NamePartType>
      <NamePartType ID="1521">First Name</NamePartType></NamePartTypeValues>
    <PartySubTypeValues><PartySubType ID="3" PartyTypeID="2">Unknown</PartySubType>
      <PartySubType ID="4" PartyTypeID="1">Unknown</PartySubType></PartySubTypeValues>
    <PartyTypeValues><PartyType ID="1">Individual</PartyType><PartyType ID="2">Entity</PartyType></PartyTypeValues>
    <SanctionsTypeValues><SanctionsType ID="1">Program</SanctionsType><SanctionsType ID="1705">Block</SanctionsType>
    </SanctionsTypeValues>
    <ScriptValues><Script ID="215" ScriptCode="Latn">Latin</Script><Script ID="220" ScriptCode="Cyrl">Cyrillic</Script>
    </ScriptValues>
    <ValidityValues><Validity ID="1">Valid</Validity><Validity ID="2">Fraudulent</Validity></ValidityValues>
  </ReferenceValueSets>
  <Locations><Location ID="1"><LocationCountry CountryID="11082" CountryRelevanceID="1"/></Location>
    <Location ID="2"><LocationCountry CountryID="11077" CountryRelevanceID="1"/></Location></Locations>
  <IDRegDocuments>
    <IDRegDocument ID="1" IDRegDocTypeID="1571" IdentityID="9" IssuedBy-CountryID="11077" ValidityID="1">
      <IDRegistrationNo>FX4410021</IDRegistrationNo></IDRegDocument>
    <IDRegDocument ID="2" IDRegDocTypeID="1571" IdentityID="9" IssuedBy-CountryID="11077" ValidityID="2">
      <IDRegistrationNo>FALSE01</IDRegistrationNo></IDRegDocument>
  </IDRegDocuments>
  <DistinctParties>
    <DistinctParty FixedRef="101"><Comment/>
      <Profile ID="7101" PartySubTypeID="4">
        <Identity ID="9" FixedRef="101" Primary="true" False="false">
          <Alias FixedRef="101" AliasTypeID="1403" Primary="true" LowQuality="false">
            <DocumentedName ID="1" FixedRef="101" DocNameStatusID="1">
              <DocumentedNamePart><NamePartValue NamePartGroupID="2" ScriptID="215">Grigor</NamePartValue></DocumentedNamePart>
              <DocumentedNamePart><NamePartValue NamePartGroupID="1" ScriptID="215">VORONOVSKY</NamePartValue></DocumentedNamePart>
            </DocumentedName>
            <DocumentedName ID="2" FixedRef="101" DocNameStatusID="2">
              <DocumentedNamePart><NamePartValue NamePartGroupID="1" ScriptID="220">ВОРОНОВСКИЙ</NamePartValue></DocumentedNamePart>
              <DocumentedNamePart><NamePartValue NamePartGroupID="2" ScriptID="220">Григорий</NamePartValue></DocumentedNamePart>
            </DocumentedName>
          </Alias>
          <Alias FixedRef="101" AliasTypeID="1400" Primary="false" LowQuality="true">
            <DocumentedName ID="3" FixedRef="101" DocNameStatusID="1">
              <DocumentedNamePart><NamePartValue NamePartGroupID="1" ScriptID="215">GREYCROW</NamePartValue></DocumentedNamePart>
            </DocumentedName>
          </Alias>
          <NamePartGroups><MasterNamePartGroup><NamePartGroup ID="1" NamePartTypeID="1520"/></MasterNamePartGroup>
            <MasterNamePartGroup><NamePartGroup ID="2" NamePartTypeID="1521"/></MasterNamePartGroup></NamePartGroups>
        </Identity>
        <Feature ID="1" FeatureTypeID="8"><FeatureVersion ID="1"><DatePeriod CalendarTypeID="1">
          <Start Approximate="false"><From><Year>1971</Year><Month>1</Month><Day>1</Day></From>
            <To><Year>1971</Year><Month>1</Month><Day>1</Day></To></Start>
          <End Approximate="false"><From><Year>1972</Year><Month>12</Month><Day>31</Day></From>
            <To><Year>1972</Year><Month>12</Month><Day>31</Day></To></End></DatePeriod></FeatureVersion></Feature>
        <Feature ID="2" FeatureTypeID="9"><FeatureVersion ID="2"><VersionLocation LocationID="1"/></FeatureVersion></Feature>
        <Feature ID="3" FeatureTypeID="10"><FeatureVersion ID="3"><VersionLocation LocationID="1"/></FeatureVersion></Feature>
        <Feature ID="4" FeatureTypeID="25"><FeatureVersion ID="4"><VersionLocation LocationID="2"/></FeatureVersion></Feature>
        <Feature ID="5" FeatureTypeID="224"><FeatureVersion ID="5"><VersionDetail DetailTypeID="1431" DetailReferenceID="91526"/></FeatureVersion></Feature>
        <Feature ID="6" FeatureTypeID="344"><FeatureVersion ID="6"><VersionDetail DetailTypeID="1432">1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa</VersionDetail></FeatureVersion></Feature>
      </Profile>
    </DistinctParty>
    <DistinctParty FixedRef="102"><Profile ID="7102" PartySubTypeID="3"/></DistinctParty>
  </DistinctParties>
  <SanctionsEntries>
    <SanctionsEntry ID="1" ProfileID="7101" ListID="1550">
      <SanctionsMeasure ID="1" SanctionsTypeID="1"><Comment>CYBER2</Comment></SanctionsMeasure>
      <SanctionsMeasure ID="2" SanctionsTypeID="1705"/></SanctionsEntry>
  </SanctionsEntries>
</Sanctions>""".encode()

EU_XML = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<export xmlns="http://eu.europa.ec/fpi/fsd/export" generationDate="2026-11-20T16:28:05.354+01:00" globalFileId="1">
  <sanctionEntity designationDetails="" unitedNationId="" euReferenceNumber="EU.1.1" logicalId="501">
    <regulation regulationType="regulation" programme="CYB" logicalId="1"/>
    <subjectType code="person" classificationCode="P"/>
    <nameAlias firstName="Grigor" middleName="" lastName="Voronovsky" wholeName="Grigor Voronovsky" gender="M" nameLanguage="" strong="true" logicalId="1"/>
    <nameAlias firstName="" middleName="" lastName="" wholeName="Григорий Вороновский" nameLanguage="RU" strong="false" logicalId="2"/>
    <citizenship countryIso2Code="RU" countryDescription="RUSSIAN FEDERATION" logicalId="3"/>
    <birthdate circa="true" calendarType="GREGORIAN" year="1971" monthOfYear="3" countryIso2Code="BY" logicalId="4"/>
    <birthdate circa="false" calendarType="GREGORIAN" yearRangeFrom="1970" yearRangeTo="1972" logicalId="5"/>
    <birthdate circa="false" calendarType="GREGORIAN" city="Pskov" countryIso2Code="00" countryDescription="UNKNOWN" logicalId="6"/>
    <identification number="FX4410021" identificationTypeCode="passport" identificationTypeDescription="National passport" countryIso2Code="CY" knownFalse="false" logicalId="7"/>
    <address city="Limassol" countryIso2Code="CY" countryDescription="CYPRUS" logicalId="8"/>
  </sanctionEntity>
  <sanctionEntity euReferenceNumber="EU.1.1" logicalId="501">
    <regulation regulationType="regulation" programme="TERR" logicalId="2"/>
    <subjectType code="person" classificationCode="P"/>
    <nameAlias wholeName="Grigor Voronovsky" strong="true" logicalId="9"/>
  </sanctionEntity>
</export>""".encode()

UN_XML = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<CONSOLIDATED_LIST xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" dateGenerated="2026-11-20T00:00:09.554Z">
  <INDIVIDUALS><INDIVIDUAL>
    <DATAID>6900001</DATAID><VERSIONNUM>1</VERSIONNUM><FIRST_NAME>GRIGOR</FIRST_NAME><SECOND_NAME>VORONOVSKY</SECOND_NAME>
    <UN_LIST_TYPE>Invented</UN_LIST_TYPE><REFERENCE_NUMBER>IVi.001</REFERENCE_NUMBER><LISTED_ON>2020-01-01</LISTED_ON>
    <GENDER>Male</GENDER><NAME_ORIGINAL_SCRIPT>Григорий Вороновский</NAME_ORIGINAL_SCRIPT><COMMENTS1>Nobody.</COMMENTS1>
    <NATIONALITY><VALUE>Democratic Republic of the Congo</VALUE></NATIONALITY>
    <LIST_TYPE><VALUE>UN List</VALUE></LIST_TYPE><LAST_DAY_UPDATED><VALUE/></LAST_DAY_UPDATED>
    <INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Gregor Voronowski</ALIAS_NAME></INDIVIDUAL_ALIAS>
    <INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>Greycrow</ALIAS_NAME></INDIVIDUAL_ALIAS>
    <INDIVIDUAL_ALIAS><QUALITY/><ALIAS_NAME/></INDIVIDUAL_ALIAS>
    <INDIVIDUAL_ADDRESS><CITY>Kigali</CITY><COUNTRY>Rwanda</COUNTRY></INDIVIDUAL_ADDRESS>
    <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><YEAR>1971</YEAR></INDIVIDUAL_DATE_OF_BIRTH>
    <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1973</FROM_YEAR><TO_YEAR>1974</TO_YEAR></INDIVIDUAL_DATE_OF_BIRTH>
    <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><NOTE>Nov. 1973 </NOTE></INDIVIDUAL_DATE_OF_BIRTH>
    <INDIVIDUAL_PLACE_OF_BIRTH><COUNTRY>Uganda</COUNTRY></INDIVIDUAL_PLACE_OF_BIRTH>
    <INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>Passport</TYPE_OF_DOCUMENT><NUMBER>OB 0001</NUMBER><ISSUING_COUNTRY>Rwanda</ISSUING_COUNTRY></INDIVIDUAL_DOCUMENT>
    <INDIVIDUAL_DOCUMENT/><SORT_KEY/><SORT_KEY_LAST_MOD/></INDIVIDUAL></INDIVIDUALS>
  <ENTITIES><ENTITY><DATAID>6900002</DATAID><FIRST_NAME>OBSIDIAN LANTERN</FIRST_NAME><UN_LIST_TYPE>Invented</UN_LIST_TYPE>
    <ENTITY_ALIAS><QUALITY>a.k.a.</QUALITY><ALIAS_NAME>Black Lantern</ALIAS_NAME></ENTITY_ALIAS>
    <ENTITY_ADDRESS><COUNTRY>Freedonia</COUNTRY></ENTITY_ADDRESS><MASCOT>lamp</MASCOT></ENTITY></ENTITIES>
</CONSOLIDATED_LIST>""".encode()

UK_CONLIST = (
    "Last Updated,20/11/2026\r\n"
    "Name 6,Name 1,Name 2,Name 3,Name 4,Name 5,Title,Name Non-Latin Script,Non-Latin Script Type,"
    "Non-Latin Script Language,DOB,Town of Birth,Country of Birth,Nationality,Passport Number,Passport Details,"
    "National Identification Number,National Identification Details,Position,Address 1,Address 2,Address 3,Address 4,"
    "Address 5,Address 6,Post/Zip Code,Country,Other Information,Group Type,Alias Type,Alias Quality,Regime,Listed On,"
    "UK Sanctions List Date Designated,Last Updated,Group ID\r\n"
    "VORONOVSKY,Grigor,,,,,Dr,Григорий Вороновский,Cyrillic,Russian,00/00/1971,Pskov,Russia,(1) Russia (2) Cyprus,"
    "(1) FX4410021 (2) FX4410022,Cypriot,77-1,,,1 Quay,,,,,,,Cyprus,"
    '"(UK Sanctions List Ref):CYB0001. (Gender):Male",Individual,Primary name,,Cyber,01/01/2020,01/01/2020,01/01/2020,7001\r\n'
    "GREYCROW,,,,,,,,,,14/03/1971,,,,,,,,,,,,,,,,,,Individual,AKA,Low,Cyber,01/01/2020,01/01/2020,01/01/2020,7001\r\n"
    "OBSIDIAN LANTERN LTD,,,,,,,,,,,,,,,,,,,,,,,,,,Atlantis,,Entity,Primary name,,Cyber,01/01/2020,01/01/2020,,7002\r\n"
    "CUT OFF,,,,\r\n"
).encode()

_UK_HEADER = (
    "Last Updated,Unique ID,OFSI Group ID,UN Reference Number,Name 6,Name 1,Name 2,Name 3,Name 4,Name 5,Name type,"
    "Alias strength,Title,Name non-latin script,Non-latin script type,Non-latin script language,Regime Name,"
    "Designation Type,Designation source,Sanctions Imposed,Other Information,UK Statement of Reasons,Address Line 1,"
    "Address Line 2,Address Line 3,Address Line 4,Address Line 5,Address Line 6,Address Postal Code,Address Country,"
    "Phone number,Website,Email address,Date Designated,D.O.B,Nationality(/ies),National Identifier number,"
    "National Identifier additional information,Passport number,Passport additional information,Position,Gender,"
    "Town of birth,Country of birth,Type of entity,Subsidiaries,Parent company,Business registration number (s),"
    "IMO number,Current owner/operator (s),Previous owner/operator (s),Current believed flag of ship,Previous flags,"
    "Type of ship,Tonnage of ship,Length of ship,Year Built,Hull identification number (HIN)"
)


def _uk_row(**cells: str) -> str:
    return ",".join(f'"{cells.get(column, "")}"' for column in _UK_HEADER.split(","))


UK_SANCTIONS = "\n".join(
    [
        "Report Date: 20-Nov-2026",
        _UK_HEADER,
        _uk_row(
            **{
                "Unique ID": "CYB0001",
                "Name 6": "VORONOVSKY",
                "Name 1": "Grigor",
                "Name type": "Primary Name",
                "Regime Name": "Cyber",
                "Designation Type": "Individual",
                "Sanctions Imposed": "Asset freeze|Travel Ban",
                "UK Statement of Reasons": "Made up,\nover two lines",
                "Address Country": "Cyprus",
                "D.O.B": "14/03/1971",
                "Nationality(/ies)": "Russia",
                "Passport number": "FX4410021",
                "Gender": "Male",
            }
        ),
        _uk_row(
            **{
                "Unique ID": "CYB0001",
                "Name 6": "GREYCROW",
                "Name type": "Alias",
                "Alias strength": "Low quality",
                "Designation Type": "Individual",
                "Sanctions Imposed": "Asset freeze|Travel Ban",
            }
        ),
        _uk_row(
            **{
                "Unique ID": "CYB0002",
                "Name 6": "PETTERSDOTTIR",
                "Name 1": "Ingrun",
                "Name type": "Primary Name",
                "Regime Name": "Cyber",
                "Designation Type": "Individual",
                "Sanctions Imposed": "Travel Ban",
            }
        ),
        _uk_row(
            **{
                "Unique ID": "CYB0003",
                "Name 6": "NIGHTJAR ONE",
                "Name type": "Primary Name",
                "Designation Type": "Ship",
                "Sanctions Imposed": "Prohibition on port entry",
                "IMO number": "9000001",
                "Current believed flag of ship": "Panama",
            }
        ),
    ]
).encode()

CSL_JSON = json.dumps(
    {
        "total": 2,
        "sources_used": [{"source": "Specially Designated Nationals (SDN) - Treasury Department"}],
        "results": [
            {
                "id": "abc",
                "source": "Specially Designated Nationals (SDN) - Treasury Department",
                "entity_number": 101,
                "type": "Individual",
                "programs": ["CYBER2"],
                "name": "VORONOVSKY, Grigor",
                "addresses": [{"address": "1 Quay", "city": "Limassol", "state": None, "country": "CY"}],
                "alt_names": ["VORONOWSKI, Gregor"],
                "nationalities": ["RU"],
                "citizenships": [],
                "dates_of_birth": ["1971-03-14"],
                "ids": [
                    {"type": "Passport", "number": "FX4410021", "country": "CY"},
                    {"type": "Gender", "number": "Male", "country": None},
                ],
            },
            {
                "source": "Entity List (EL) - Bureau of Industry and Security",
                "name": "Obsidian Lantern Hosting",
                "alt_names": [],
                "addresses": [],
                "mascot": "lamp",
            },
            "nonsense",
        ],
    }
).encode()

FTM_LINES = (
    "\n".join(
        json.dumps(entity, ensure_ascii=False)
        for entity in (
            {
                "id": "x-101",
                "schema": "Person",
                "properties": {
                    "name": ["Grigor Voronovsky", "Григорий Вороновский"],
                    "weakAlias": ["Greycrow"],
                    "birthDate": ["1971-03"],
                    "nationality": ["ru"],
                    "country": ["cy", "suhh"],
                    "gender": ["male"],
                    "topics": ["sanction"],
                    "passportNumber": ["FX4410021"],
                },
            },
            {
                "id": "x-102",
                "schema": "Person",
                "properties": {"name": ["Ingrun Pettersdottir"], "topics": ["role.pep"]},
            },
            {
                "id": "x-103",
                "schema": "Passport",
                "properties": {"holder": ["x-101"], "number": ["FX4410022"], "country": ["cy"]},
            },
            {"id": "x-104", "schema": "Sanction", "properties": {"entity": ["x-101"], "programId": ["INV-CYB"]}},
            {"id": "x-105", "schema": "Address", "properties": {"full": ["1 Quay"]}},
            {"id": "x-106", "schema": "Sanction", "properties": {"entity": ["nobody"]}},
            {
                "id": "x-107",
                "schema": "CryptoWallet",
                "properties": {
                    "publicKey": ["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"],
                    "currency": ["XBT"],
                    "topics": ["sanction"],
                },
            },
            {
                "id": "x-108",
                "schema": "Vessel",
                "properties": {"name": ["NIGHTJAR ONE"], "imoNumber": ["9000001"], "flag": ["pa"]},
            },
            {"id": "x-109", "schema": "Spaceship", "properties": {"name": ["X"]}},
        )
    ).encode()
    + b'\n{"id": 5}\nnot json\n'
)

OWN_CSV = (
    "name,id,kind,born,country,number,wallet,aliases,weak_aliases,programme,note,colour\n"
    '"VORONOVSKY, Grigor",t-1,individual,1971-03-14;circa 1972,Russia,Passport:FX4410021:CY;4711,'
    "XBT:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa;XBT:1a1zp1ep5qgefi2dmptftl5slmv7divfna;nocurrency,"
    "Gregor Voronowski;Гриша,Greycrow,terminated,abuse of a free trial,grey\n"
    "Obsidian Lantern,t-2,entity,,Atlantis,,,,,,,\n"
    "Nobody,t-3,ghost,,,,,,,,,\n"
    ",t-4,,,,,,,,,,\n"
    "Cut,t-5\n"
).encode()

WALLETS = b"asset,address\nXBT,1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa\nTRX,tjrabprwbzy45sbavfcjinpjc18kjprtv8\n"

DPL = (
    b'"Name"\t"Street_Address"\t"City"\t"State"\t"Country"\t"Postal_Code"\t"Effective_Date"\t"Expiration_Date"\t'
    b'"Standard_Order"\t"Last_Update"\t"Action"\t"FR_Citation"\n'
    b'" GRIGOR VORONOVSKY"\t"1 QUAY"\t"LIMASSOL"\t""\t"CY"\t""\t"01/01/2020"\t"01/01/2030"\t"Y"\t"2020-01-02"\t"NEW"\t"1"\n'
    b'"GRIGOR  VORONOVSKY"\t"2 QUAY"\t"PANAMA"\t""\t"PA"\t""\t"01/01/2020"\t"01/01/2030"\t"Y"\t"2020-01-02"\t"NEW"\t"1"\n'
)

#: file name -> bytes and the form it has
BY_NAME: dict[str, tuple[bytes, str]] = {
    "sdn.xml": (SDN_XML, "ofac-sdn-xml"),
    "consolidated.xml": (SDN_XML, "ofac-non-sdn-xml"),
    "SDN_ADVANCED.XML": (SDN_ADVANCED, "ofac-advanced"),
    "xmlFullSanctionsList_1_1.xml": (EU_XML, "eu-fsf"),
    "un.xml": (UN_XML, "un"),
    "ConList.csv": (UK_CONLIST, "uk-conlist"),
    "UK-Sanctions-List.csv": (UK_SANCTIONS, "uk-sanctions"),
    "consolidated.json": (CSL_JSON, "csl"),
    "targets.ftm.json": (FTM_LINES, "ftm"),
    "terminated.csv": (OWN_CSV, "own"),
    "addresses.csv": (WALLETS, "wallets"),
    "dpl.txt": (DPL, "bis-dpl"),
}
