// Writes letters/layout/letter.docx, the Word template of letters: run it after changing what is below, commit the file.
import { writeFileSync } from 'node:fs'
import PizZip from 'pizzip'

const w =
  'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const t = (text: string, style = '') => `<w:r><w:rPr>${style}</w:rPr><w:t xml:space="preserve">${text}</w:t></w:r>`
const p = (inner: string, properties = '') => `<w:p><w:pPr>${properties}</w:pPr>${inner}</w:p>`
const style = (id: string, name: string, ppr: string, rpr: string) =>
  `<w:style w:type="paragraph" w:customStyle="1" w:styleId="${id}"><w:name w:val="${name}"/><w:basedOn w:val="Normal"/><w:qFormat/><w:pPr>${ppr}</w:pPr><w:rPr>${rpr}</w:rPr></w:style>`
const sans = '<w:rFonts w:ascii="Source Sans 3" w:hAnsi="Source Sans 3" w:cs="Arial"/>'

// The frame stands where the window of a DL envelope shows it: 20 mm from the right edge, 50 mm from the top.
const frame =
  '<w:framePr w:w="4820" w:h="2160" w:hRule="atLeast" w:hSpace="0" w:wrap="around" w:vAnchor="page" w:hAnchor="page" w:x="5780" w:y="2835"/>'

// The references stand beside it, so that nothing else can.
const beside =
  '<w:framePr w:w="4500" w:h="2160" w:hRule="atLeast" w:hSpace="0" w:wrap="around" w:vAnchor="page" w:hAnchor="page" w:x="1134" w:y="2835"/>'

const document = `${head}<w:document ${w}><w:body>
${p(t('{#titre}'))}${p(t('{titre}'), '<w:pStyle w:val="Titre"/>')}${p(t('{/titre}'))}
${p(t('{#maison}'))}${p(t('{maison}'), '<w:pStyle w:val="Maison"/>')}${p(t('{/maison}'))}
${p(t('{#expediteur}'))}${p(t('{ligne}'), '<w:pStyle w:val="Expediteur"/>')}${p(t('{/expediteur}'))}
${p(t('{#destinataire}'))}${p(t('{ligne}'), `<w:pStyle w:val="Destinataire"/>${frame}`)}${p(t('{/destinataire}'))}
${p(t('{#cadre}'))}${p(t('{ligne}'), `<w:pStyle w:val="Reference"/>${beside}`)}${p(t('{/cadre}'))}
${p(t('{^cadre}'))}${p(t('{#references}'))}${p(t('{ligne}'), '<w:pStyle w:val="Reference"/>')}${p(t('{/references}'))}${p(t('{/cadre}'))}
${p(t('{#lieu}'))}${p(t('{lieu}'), '<w:pStyle w:val="Lieu"/>')}${p(t('{/lieu}'))}
${p(t('{#mention}'))}${p(t('{mention}', '<w:b/>'))}${p(t('{/mention}'))}
${p(t('{#objet}'))}${p(t('Objet\u00a0: {objet}', '<w:b/>'))}${p(t('{/objet}'))}
${p(t('{@corps}'))}
<w:sectPr><w:footerReference w:type="default" r:id="rId2"/><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="907" w:right="1134" w:bottom="1247" w:left="1134" w:header="600" w:footer="600" w:gutter="0"/></w:sectPr>
</w:body></w:document>`

const styles = `${head}<w:styles ${w}><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Source Serif 4" w:hAnsi="Source Serif 4" w:cs="Times New Roman"/><w:sz w:val="21"/><w:lang w:val="fr-FR"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="140" w:line="264" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>
<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>
<w:style w:type="paragraph" w:styleId="Heading2"><w:name w:val="heading 2"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:qFormat/><w:pPr><w:keepNext/><w:spacing w:before="240" w:after="100"/><w:outlineLvl w:val="1"/></w:pPr><w:rPr>${sans}<w:b/><w:color w:val="1F4555"/><w:sz w:val="22"/></w:rPr></w:style>
${style('Titre', 'Titre du courrier', '<w:spacing w:before="200" w:after="300"/><w:jc w:val="center"/>', '<w:b/><w:sz w:val="30"/>')}
${style('Maison', 'Maison', '<w:spacing w:after="20"/>', `${sans}<w:b/><w:color w:val="1F4555"/><w:sz w:val="25"/>`)}
${style('Expediteur', 'Expéditeur', '<w:spacing w:after="0"/>', `${sans}<w:sz w:val="18"/>`)}
${style('Destinataire', 'Destinataire', '<w:spacing w:after="0"/>', '<w:sz w:val="22"/>')}
${style('Reference', 'Référence', '<w:spacing w:after="0"/>', `${sans}<w:color w:val="5A5F63"/><w:sz w:val="17"/>`)}
${style('Lieu', 'Lieu et date', '<w:spacing w:before="500" w:after="240"/><w:jc w:val="right"/>', '')}
${style('ListParagraph', 'Élément de liste', '<w:tabs><w:tab w:val="left" w:pos="360"/></w:tabs><w:spacing w:after="60"/><w:ind w:left="360" w:hanging="360"/>', '')}
${style('Quote', 'Citation', '<w:ind w:left="360" w:right="360"/>', '<w:sz w:val="19"/>')}
${style('Cell', 'Cellule', '<w:spacing w:before="50" w:after="50" w:line="240" w:lineRule="auto"/>', `${sans}<w:sz w:val="18"/>`)}
${style('Note', 'Note', '<w:spacing w:before="60" w:after="60"/>', `${sans}<w:color w:val="5A5F63"/><w:sz w:val="16"/>`)}
${style('Signature', 'Signature', '<w:keepNext/><w:spacing w:after="0"/><w:ind w:left="5000"/>', '')}
${style('Pied', 'Pied', '<w:tabs><w:tab w:val="right" w:pos="9638"/></w:tabs><w:spacing w:after="0"/>', `${sans}<w:color w:val="5A5F63"/><w:sz w:val="14"/>`)}
</w:styles>`

const field = (name: string) =>
  `<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> ${name} </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>`
const footer = `${head}<w:ftr ${w}>${p(t('{pied}'), '<w:pStyle w:val="Pied"/>')}${p(`<w:r><w:tab/></w:r>${t('page ')}${field('PAGE')}${t('/')}${field('NUMPAGES')}`, '<w:pStyle w:val="Pied"/>')}</w:ftr>`

const main = 'application/vnd.openxmlformats-officedocument.wordprocessingml'
const relation = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const files: Record<string, string> = {
  '[Content_Types].xml': `${head}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="${main}.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="${main}.styles+xml"/><Override PartName="/word/footer1.xml" ContentType="${main}.footer+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`,
  '_rels/.rels': `${head}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="${relation}/officeDocument" Target="word/document.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`,
  'word/_rels/document.xml.rels': `${head}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="${relation}/styles" Target="styles.xml"/><Relationship Id="rId2" Type="${relation}/footer" Target="footer1.xml"/></Relationships>`,
  'word/document.xml': document,
  'word/styles.xml': styles,
  'word/footer1.xml': footer,
  'docProps/core.xml': `${head}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>{sujet}</dc:title><dc:creator>{auteur}</dc:creator><dc:language>fr-FR</dc:language><dcterms:created xsi:type="dcterms:W3CDTF">{instant}</dcterms:created></cp:coreProperties>`,
}

const zip = new PizZip()
for (const [name, text] of Object.entries(files))
  zip.file(name, text, { date: new Date(2026, 0, 1), createFolders: false })
writeFileSync(
  new URL('../letters/layout/letter.docx', import.meta.url),
  zip.generate({ type: 'nodebuffer', compression: 'DEFLATE' }),
)
